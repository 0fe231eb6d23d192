create function loacl_private.list_file_ids(parts jsonb)
returns uuid[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(array_agg(substring(p.part ->> 'url' from '^loacl-file:(.*)$')::uuid order by p.place), '{}')
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.part ->> 'type' = 'file' and p.part ->> 'url' ~ '^loacl-file:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
);
comment on function loacl_private.list_file_ids(jsonb) is 'The files among the parts of a message, in their order.';
revoke all on function loacl_private.list_file_ids(jsonb) from public;

create function loacl_private.read_file_ids(request jsonb)
returns uuid[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return array(
  select f.id::uuid
  from jsonb_array_elements_text(coalesce(request -> 'files', '[]')) with ordinality as f (id, place)
  order by f.place
);
comment on function loacl_private.read_file_ids(jsonb) is 'The files that a message is sent with, in their order.';
revoke all on function loacl_private.read_file_ids(jsonb) from public;

create function loacl_private.find_file_parts(
  file_ids uuid[], assistant loacl.assistants, own_session_ids uuid[], replaced loacl.messages
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  kept_ids uuid[] := loacl_private.list_file_ids(coalesce(replaced.parts, '[]'));
  file_parts jsonb;
begin
  if file_ids = '{}' then
    return '[]';
  end if;
  if assistant.file_types = '{}' and not file_ids <@ kept_ids then
    perform loacl_private.raise_error(415, 'files_unsupported', 'This assistant takes no files.');
  end if;
  if cardinality(file_ids) > assistant.max_files_per_message then
    perform loacl_private.raise_error(
      413, 'too_many_files', format('A message has at most %s files.', assistant.max_files_per_message)
    );
  end if;
  -- Another message that takes one of them, or its removal, waits here.
  perform from loacl.files f
  where f.id = any (file_ids) and f.session_id = any (own_session_ids)
  order by f.id
  for no key update;
  file_parts := (
    select jsonb_agg(
      jsonb_build_object(
        'type', 'file', 'mediaType', f.mime_type, 'filename', f.original_name, 'url', 'loacl-file:' || f.id
      )
      order by i.place
    )
    from unnest(file_ids) with ordinality as i (id, place)
    join loacl.files f on f.id = i.id
    where f.assistant_id = assistant.id
      and f.session_id = any (own_session_ids)
      and (f.message_id is null or f.id = any (kept_ids))
  );
  if jsonb_array_length(file_parts) is distinct from cardinality(file_ids) then
    if exists (
      select
      from loacl_private.uploads u
      where u.id = any (file_ids) and u.session_id = any (own_session_ids) and u.state = 'begun'
    ) then
      perform loacl_private.raise_error(409, 'upload_incomplete', 'A file is not there yet. Please wait until its upload is complete.');
    end if;
    perform loacl_private.raise_file_not_found();
  end if;
  return file_parts;
end
$$;
comment on function loacl_private.find_file_parts(uuid[], loacl.assistants, uuid[], loacl.messages) is
  'The parts of a message that is sent with these files: the visitor''s own, completed, that no message has, but for `replaced`, in whose place this one is put. Holds them to the end of the transaction. Errors: files_unsupported, too_many_files, upload_incomplete, file_not_found.';
revoke all on function loacl_private.find_file_parts(uuid[], loacl.assistants, uuid[], loacl.messages) from public;

create function loacl_private.compose_question(
  request jsonb, assistant loacl.assistants, own_session_ids uuid[], replaced loacl.messages default null
)
returns loacl.messages
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  question loacl.messages;
begin
  question.client_id := request ->> 'id';
  question.content := request ->> 'text';
  question.parts := loacl_private.find_file_parts(
    loacl_private.read_file_ids(request), assistant, own_session_ids, replaced
  );
  if question.content <> '' then
    question.parts := question.parts || jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content));
  end if;
  return question;
end
$$;
comment on function loacl_private.compose_question(jsonb, loacl.assistants, uuid[], loacl.messages) is
  'A visitor''s message that is not stored yet, without an `id`: its files, then its text. Errors: those of find_file_parts.';
revoke all on function loacl_private.compose_question(jsonb, loacl.assistants, uuid[], loacl.messages) from public;

create function loacl_private.attach_files(question loacl.messages)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  -- A thread that another device began has that one's session, and its files too.
  update loacl.files f
  set message_id = (question).id, thread_id = (question).thread_id, session_id = (question).session_id
  where f.id = any (loacl_private.list_file_ids((question).parts)) and f.message_id is null;
end;
comment on function loacl_private.attach_files(loacl.messages) is 'Makes the files of a message that was just stored the message''s.';
revoke all on function loacl_private.attach_files(loacl.messages) from public;
