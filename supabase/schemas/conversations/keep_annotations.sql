create function loacl_private.keep_annotations()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl.message_annotations a where a.message_id = new.id;

  insert into loacl.message_annotations (
    message_id, position, type, text, title, url, document_id, file_id, quote, start_index, end_index
  )
  select new.id,
    row_number() over (order by s.place, c.place),
    s.type,
    left(substr(new.content, c.start_index + 1, c.end_index - c.start_index), 10000),
    left(s.source ->> 'title', 500),
    case when s.type = 'url_citation' then s.source ->> 'url' end,
    (
      select d.id
      from loacl.documents d
      join loacl.assistants a on a.owner_id = d.owner_id
      where a.id = new.assistant_id and s.source ->> 'sourceId' = 'document-' || d.id
        and d.id = loacl_private.find_id(s.source ->> 'sourceId')
    ),
    (
      select f.id
      from loacl.files f
      where f.session_id = new.session_id and s.source ->> 'sourceId' = 'file-' || f.id
        and f.id = loacl_private.find_id(s.source ->> 'sourceId')
    ),
    left(c.quote, 10000),
    c.start_index,
    c.end_index
  from (
    select p.source, p.place,
      case
        when p.source ->> 'sourceId' ~ '^(document|file)-' then 'file_citation'
        when p.source ->> 'sourceId' ~ '^container-' then 'container_file_citation'
        when p.source ->> 'type' = 'source-url' then 'url_citation'
        else 'file_citation'
      end as type
    from jsonb_array_elements(new.parts) with ordinality as p (source, place)
    where p.source ->> 'type' in ('source-url', 'source-document')
  ) s
  left join lateral loacl_private.read_citations(s.source, char_length(new.content)) c on true
  where s.type <> 'url_citation'
    or (s.source ->> 'url' ~ '^https?://[^\s]+$' and char_length(s.source ->> 'url') <= 4000)
  order by s.place, c.place
  limit 1000;
  return null;
end
$$;
comment on function loacl_private.keep_annotations() is
  'Trigger: keeps what an answer cites, in order, as the sources among its parts say it. An address that is no web address is left out.';
revoke all on function loacl_private.keep_annotations() from public;
grant execute on function loacl_private.keep_annotations() to service_role;

create trigger messages_keep_annotations after update of parts on loacl.messages
  for each row when (old.parts is distinct from new.parts) execute function loacl_private.keep_annotations();
