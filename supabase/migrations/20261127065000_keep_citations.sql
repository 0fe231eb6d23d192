alter table loacl.documents add column public_url text;
alter table loacl.documents alter column public_url set statistics 0;
alter table loacl.documents add constraint documents_public_url_shape
  check (public_url ~ '^https?://[^\s]+$' and char_length(public_url) <= 4000);
grant insert (public_url), update (public_url) on table loacl.documents to authenticated;
comment on column loacl.documents.public_url is
  'Where anybody can read it: an answer that cites it links there. null: visitors see its name and the passage, and no link.';

drop function loacl.save_annotations(uuid, jsonb);

create function loacl_private.find_id(name text, kind text)
returns uuid
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return substring(find_id.name from '^' || find_id.kind || '-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid;
comment on function loacl_private.find_id(text, text) is 'The UUID in the name of a source of that kind; null where it names another.';
revoke all on function loacl_private.find_id(text, text) from public;
grant execute on function loacl_private.find_id(text, text) to service_role;

create function loacl_private.read_citations(citations jsonb, characters integer)
returns table (place bigint, start_index integer, end_index integer, quote text)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.place,
    case when n.is_place then c.from_index::integer end,
    case when n.is_place then c.to_index::integer end,
    left(nullif(c.quote, ''), 10000)
  from (
    select e.place, e.citation ->> 'quote' as quote,
      case jsonb_typeof(e.citation -> 'start') when 'number' then (e.citation -> 'start')::numeric end as from_index,
      case jsonb_typeof(e.citation -> 'end') when 'number' then (e.citation -> 'end')::numeric end as to_index
    from jsonb_array_elements(case jsonb_typeof(citations) when 'array' then citations else '[]' end)
      with ordinality as e (citation, place)
    limit 1000
  ) c
  cross join lateral (
    select c.from_index >= 0 and c.from_index <= c.to_index and c.to_index <= characters
      and c.from_index = trunc(c.from_index) and c.to_index = trunc(c.to_index) as is_place
  ) n;
end
$$;
comment on function loacl_private.read_citations(jsonb, integer) is
  'The citations of a source among a message''s parts, in order, the message having so many characters. A place that is none in it is null.';
revoke all on function loacl_private.read_citations(jsonb, integer) from public;
grant execute on function loacl_private.read_citations(jsonb, integer) to service_role;

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

create function loacl_private.find_cited_files(turn_id uuid, lease uuid, file_ids text[])
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object('fileId', k.file_id, 'sourceId', k.source_id, 'title', k.title, 'url', k.url)
      ),
      '[]'
    )
    from loacl_private.turns turn
    join loacl.threads t on t.id = turn.thread_id
    join loacl.assistants a on a.id = t.assistant_id
    cross join unnest(find_cited_files.file_ids[1:100]) as asked (file_id)
    cross join lateral (
      select asked.file_id, 'document-' || d.id as source_id, d.original_name as title, d.public_url as url
      from loacl.documents d
      where d.owner_id = a.owner_id and d.provider_file_id = asked.file_id
      union all
      select asked.file_id, 'file-' || f.id, f.original_name, null
      from loacl.file_objects o
      join loacl.files f on f.object_id = o.id
      where f.session_id = t.session_id and o.provider_file_id = asked.file_id
      limit 1
    ) k
    where turn.id = find_cited_files.turn_id and turn.lease = find_cited_files.lease
  );
end
$$;
comment on function loacl_private.find_cited_files(uuid, uuid, text[]) is 'Does the work of loacl.find_cited_files.';
revoke all on function loacl_private.find_cited_files(uuid, uuid, text[]) from public;
grant execute on function loacl_private.find_cited_files(uuid, uuid, text[]) to service_role;

create function loacl.find_cited_files(turn_id uuid, lease uuid, file_ids text[])
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_cited_files(find_cited_files.turn_id, find_cited_files.lease, find_cited_files.file_ids);
comment on function loacl.find_cited_files(uuid, uuid, text[]) is
  'For the functions: what the visitor of a turn may see of the files that its answer cites, by the provider''s ids: the owner''s documents and the visitor''s own files, `[{"fileId", "sourceId", "title", "url"}]`. `url` is null but for a document that is public. Ids of nobody''s, or of somebody else''s, files are left out.';
revoke all on function loacl.find_cited_files(uuid, uuid, text[]) from public;
grant execute on function loacl.find_cited_files(uuid, uuid, text[]) to service_role;
