create function loacl.save_annotations(message_id uuid, annotations jsonb)
returns integer
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  delete from loacl.message_annotations a where a.message_id = save_annotations.message_id;

  with given as (
    select a.type, a.text, a.title, a.url, a."fileId" as provider_file_id, a.quote, a."startIndex" as start_index,
      a."endIndex" as end_index, m.id as message_id, m.session_id, m.assistant_id,
      row_number() over (order by i.place)::integer as position
    from loacl.messages m
    cross join jsonb_array_elements(save_annotations.annotations) with ordinality as i (annotation, place)
    cross join jsonb_to_record(i.annotation) as a (
      type text, text text, title text, url text, "fileId" text, quote text, "startIndex" integer, "endIndex" integer
    )
    where m.id = save_annotations.message_id
      -- Providers invent new kinds, and models odd addresses: what can't be shown is left out.
      and a.type in ('url_citation', 'file_citation', 'container_file_citation', 'file_path')
      and (a.type <> 'url_citation' or (a.url ~ '^https?://[^\s]+$' and char_length(a.url) <= 4000))
  ),
  saved as (
    insert into loacl.message_annotations (
      message_id, position, type, text, title, url, document_id, file_id, quote, start_index, end_index
    )
    select g.message_id, g.position, g.type, left(g.text, 10000), left(g.title, 500),
      case when g.type = 'url_citation' then g.url end,
      (
        select d.id
        from loacl.documents d
        join loacl.assistants a on a.owner_id = d.owner_id
        where a.id = g.assistant_id and d.provider_file_id = g.provider_file_id
      ),
      (
        select f.id
        from loacl.files f
        join loacl.file_objects o on o.id = f.object_id
        where f.session_id = g.session_id and o.provider_file_id = g.provider_file_id
        order by f.created_at desc
        limit 1
      ),
      left(g.quote, 10000),
      case when g.start_index >= 0 and g.end_index >= g.start_index then g.start_index end,
      case when g.start_index >= 0 and g.end_index >= g.start_index then g.end_index end
    from given g
    returning id
  )
  select count(*)::integer from saved;
end;
comment on function loacl.save_annotations(uuid, jsonb) is
  'For the functions: sets what an answer cites, in order: `[{type, text, title, url, fileId, quote, startIndex, endIndex}]`, `fileId` being the provider''s, from which the document or the visitor''s file is found. Kinds that are not known and addresses that are no web addresses are left out. Returns how many there are.';
revoke all on function loacl.save_annotations(uuid, jsonb) from public;
grant execute on function loacl.save_annotations(uuid, jsonb) to service_role;
