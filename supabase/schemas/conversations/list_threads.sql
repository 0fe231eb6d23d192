create function loacl.list_threads(
  assistant_id uuid,
  cursor text default null,
  page_size integer default 20,
  search text default null,
  archived boolean default false
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  with asked as (
    select
      least(greatest(coalesce(list_threads.page_size, 20), 1), 100) as page_size,
      nullif(btrim(list_threads.search), '') as search,
      case
        when list_threads.cursor is null then null
        when list_threads.cursor ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
          and pg_input_is_valid(split_part(list_threads.cursor, '_', 1), 'timestamptz') then list_threads.cursor
        else loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_threads gave.')::text
      end as cursor
  ),
  found as (
    select t as thread, row_number() over (order by t.last_message_at desc, t.id desc) as place
    from loacl.threads t
    cross join asked
    where t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and t.assistant_id = list_threads.assistant_id
      and t.status = case when list_threads.archived then 'archived' else 'active' end
      and (
        asked.cursor is null
        or (t.last_message_at, t.id) < (split_part(asked.cursor, '_', 1)::timestamptz, split_part(asked.cursor, '_', 2)::uuid)
      )
      and (
        asked.search is null
        or position(lower(asked.search) in lower(t.title)) > 0
        or exists (
          select from loacl.messages m
          where m.thread_id = t.id and position(lower(asked.search) in lower(m.content)) > 0
        )
      )
    order by t.last_message_at desc, t.id desc
    limit (select asked.page_size + 1 from asked)
  )
  select jsonb_build_object(
    'items', coalesce(
      jsonb_agg(loacl_private.to_thread_summary(f.thread) order by f.place) filter (where f.place <= asked.page_size),
      '[]'
    ),
    'nextCursor', case when count(f.thread) > asked.page_size then
      max(
        to_char((f.thread).last_message_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '_' || (f.thread).id
      ) filter (where f.place = asked.page_size)
    end
  )
  from asked
  left join found f on true
  group by asked.page_size
);
comment on function loacl.list_threads(uuid, text, integer, text, boolean) is
  'The calling visitor''s threads with an assistant, latest first: `Page<ThreadSummary>`. `search` looks in titles and in what was said. At most 100 a page.';
revoke all on function loacl.list_threads(uuid, text, integer, text, boolean) from public;
grant execute on function loacl.list_threads(uuid, text, integer, text, boolean) to anon, authenticated;
