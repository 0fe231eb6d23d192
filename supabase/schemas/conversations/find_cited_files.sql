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
