create function loacl_private.keep_annotations()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not jsonb_path_exists(old.parts || new.parts, '$[*] ? (@.type == "source-url" || @.type == "source-document")') then
    return null;
  end if;
  delete from loacl.message_annotations a where a.message_id = new.id;

  insert into loacl.message_annotations (
    message_id, position, type, text, title, url, document_id, file_id, quote, start_index, end_index
  )
  with sources as materialized (
    select p.place, s.type, left(p.source ->> 'title', 500) as title,
      case when s.type = 'url_citation' then p.source ->> 'url' end as url,
      (
        select d.id
        from loacl.documents d
        join loacl.assistants a on a.owner_id = d.owner_id
        where a.id = new.assistant_id and d.id = s.document_id
      ) as document_id,
      (select f.id from loacl.files f where f.session_id = new.session_id and f.id = s.file_id) as file_id,
      p.source -> 'citations' as citations
    from jsonb_array_elements(new.parts) with ordinality as p (source, place)
    cross join lateral (
      select
        loacl_private.find_id(p.source ->> 'sourceId', 'document') as document_id,
        loacl_private.find_id(p.source ->> 'sourceId', 'file') as file_id,
        case
          when p.source ->> 'sourceId' ~ '^(document|file)-' then 'file_citation'
          when p.source ->> 'sourceId' ~ '^container-' then 'container_file_citation'
          when p.source ->> 'type' = 'source-url' then 'url_citation'
          else 'file_citation'
        end as type
    ) s
    where p.source ->> 'type' in ('source-url', 'source-document')
  )
  select new.id,
    row_number() over (order by s.place, c.place),
    s.type,
    left(substr(new.content, c.start_index + 1, c.end_index - c.start_index), 10000),
    s.title, s.url, s.document_id, s.file_id, c.quote, c.start_index, c.end_index
  from sources s
  left join lateral loacl_private.read_citations(s.citations, char_length(new.content)) c on true
  where s.type <> 'url_citation' or (s.url ~ '^https?://[^\s]+$' and char_length(s.url) <= 4000)
  order by s.place, c.place
  limit 1000;
  return null;
end
$$;
comment on function loacl_private.keep_annotations() is
  'Trigger: keeps what an answer cites, in order, as the sources among its parts say it. An address that is no web address is left out. Where an answer has no sources, what a host has put there stays.';
revoke all on function loacl_private.keep_annotations() from public;
grant execute on function loacl_private.keep_annotations() to service_role;

create trigger messages_keep_annotations after update of parts on loacl.messages
  for each row when (old.parts is distinct from new.parts) execute function loacl_private.keep_annotations();
