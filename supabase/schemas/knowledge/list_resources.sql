create function loacl_private.list_resources(assistant_id uuid)
returns jsonb
language sql
stable
security definer -- visitors read neither assistants nor resources
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', r.id, 'key', r.key, 'title', r.title, 'content', r.content)
      order by l.position, r.key
    ) filter (where r.id is not null),
    '[]'
  )
  -- By its id alone: this body would hold the names of all columns that the table has now.
  from (select (loacl_private.enter_assistant(list_resources.assistant_id, loacl_private.read_header('origin'))).id) a
  left join loacl.assistant_resources l on l.assistant_id = a.id and l.is_public
  left join loacl.resources r on r.id = l.resource_id;
end;
comment on function loacl_private.list_resources(uuid) is 'See loacl.list_resources.';
revoke all on function loacl_private.list_resources(uuid) from public;
grant execute on function loacl_private.list_resources(uuid) to anon, authenticated;

create function loacl.list_resources(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_resources(list_resources.assistant_id);
comment on function loacl.list_resources(uuid) is
  'The resources of an assistant that its visitors may see: `[{id, key, title, content}]`. Needs no session. Errors: assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl.list_resources(uuid) from public;
grant execute on function loacl.list_resources(uuid) to anon, authenticated;
