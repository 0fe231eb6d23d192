create function loacl.use_suggestion(suggestion_id uuid)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with used as (
    update loacl.follow_up_suggestions f
    set used_at = coalesce(f.used_at, now())
    where f.id = use_suggestion.suggestion_id
      and f.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    returning f.id
  )
  select loacl_private.raise_not_found('suggestion_not_found', 'There is no such suggestion.')
  where not exists (select from used);
end;
comment on function loacl.use_suggestion(uuid) is
  'Notes that the calling visitor chose a suggestion; the first time counts. Errors: suggestion_not_found.';
revoke all on function loacl.use_suggestion(uuid) from public;
grant execute on function loacl.use_suggestion(uuid) to anon, authenticated;
