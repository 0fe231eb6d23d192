create function loacl_private.find_file(file_id uuid, claims jsonb)
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[] := loacl_private.find_caller_session_ids(find_file.claims);
  located jsonb := (
    select jsonb_build_object('path', o.storage_path, 'name', f.original_name)
    from loacl.files f
    join loacl.file_objects o on o.id = f.object_id
    left join loacl.threads t on t.id = f.thread_id
    where f.id = find_file.file_id and f.session_id = any (session_ids) and t.status is distinct from 'deleted'
  );
begin
  if located is null then
    perform loacl_private.raise_file_not_found();
  end if;
  return located;
end
$$;
comment on function loacl_private.find_file(uuid, jsonb) is 'Does the work of loacl.find_file.';
revoke all on function loacl_private.find_file(uuid, jsonb) from public;
grant execute on function loacl_private.find_file(uuid, jsonb) to service_role;

create function loacl.find_file(file_id uuid, claims jsonb default null)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_file(find_file.file_id, find_file.claims);
comment on function loacl.find_file(uuid, jsonb) is
  'For the functions: where a file of the visitor whose token the request carries is, `{path, name}`, in the bucket `loacl`. Errors: session_missing, session_invalid, session_replaced, session_expired, file_not_found.';
revoke all on function loacl.find_file(uuid, jsonb) from public;
grant execute on function loacl.find_file(uuid, jsonb) to service_role;

create function loacl_private.locate_file(file_id uuid)
returns jsonb
language plpgsql
stable
security definer -- asks itself whose assistant's file it is
set search_path = pg_catalog, pg_temp
as $$
declare
  located jsonb := (
    select jsonb_build_object('path', o.storage_path, 'name', f.original_name)
    from loacl.files f
    join loacl.file_objects o on o.id = f.object_id
    where f.id = locate_file.file_id and f.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
begin
  if located is null then
    perform loacl_private.raise_file_not_found();
  end if;
  return located;
end
$$;
comment on function loacl_private.locate_file(uuid) is 'Does the work of loacl.locate_file.';
revoke all on function loacl_private.locate_file(uuid) from public;
grant execute on function loacl_private.locate_file(uuid) to authenticated;

create function loacl.locate_file(file_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.locate_file(locate_file.file_id);
comment on function loacl.locate_file(uuid) is
  'For operators: where a file of one of their assistants'' visitors is, `{path, name}`, in the bucket `loacl`. loacl-admin makes a link of it. Errors: file_not_found.';
revoke all on function loacl.locate_file(uuid) from public;
grant execute on function loacl.locate_file(uuid) to authenticated;
