alter table loacl.documents add column public_url text;
alter table loacl.documents add constraint documents_public_url_shape
  check (public_url ~ '^https?://[^\s]+$' and char_length(public_url) <= 4000);
grant insert (public_url), update (public_url) on table loacl.documents to authenticated;
comment on column loacl.documents.public_url is
  'Where anybody can read it: an answer that cites it links there. null: visitors see its name and the passage, and no link.';

drop function loacl.save_annotations(uuid, jsonb);

create function loacl_private.find_id(name text)
returns uuid
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return substring(find_id.name from '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$')::uuid;
comment on function loacl_private.find_id(text) is 'The UUID at the end of a name; null where there is none.';
revoke all on function loacl_private.find_id(text) from public;
grant execute on function loacl_private.find_id(text) to service_role;

create function loacl_private.read_citations(source jsonb, characters integer)
returns table (place bigint, start_index integer, end_index integer, quote text)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.place,
    case when n.is_place then n.from_index::integer end,
    case when n.is_place then n.to_index::integer end,
    nullif(c.citation ->> 'quote', '')
  from jsonb_array_elements(
    case when jsonb_typeof(source -> 'citations') = 'array' then source -> 'citations' else '[]' end
  ) with ordinality as c (citation, place)
  cross join lateral (
    select i.from_index, i.to_index,
      i.from_index >= 0 and i.from_index <= i.to_index and i.to_index <= characters
        and i.from_index = trunc(i.from_index) and i.to_index = trunc(i.to_index) as is_place
    from (
      select
        case jsonb_typeof(c.citation -> 'start') when 'number' then (c.citation -> 'start')::numeric end as from_index,
        case jsonb_typeof(c.citation -> 'end') when 'number' then (c.citation -> 'end')::numeric end as to_index
    ) i
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
