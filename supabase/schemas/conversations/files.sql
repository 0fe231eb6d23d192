create table loacl.file_objects (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  person text not null,
  sha256 bytea not null,
  size_bytes bigint not null,
  mime_type text not null,
  storage_path text not null,
  stored_at timestamptz,
  closes_at timestamptz,
  provider_config_id uuid references loacl.provider_configs (id) on delete set null,
  provider_file_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint file_objects_id_assistant_id_key unique (id, assistant_id),
  constraint file_objects_assistant_id_person_sha256_key unique (assistant_id, person, sha256),
  constraint file_objects_storage_path_key unique (storage_path),
  constraint file_objects_person_shape check (person ~ '^(session|user|external):.{1,255}$'),
  constraint file_objects_sha256_length check (octet_length(sha256) = 32),
  constraint file_objects_size_bytes_positive check (size_bytes >= 0),
  constraint file_objects_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint file_objects_storage_path_length check (char_length(storage_path) between 1 and 1024),
  constraint file_objects_provider_file_id_length check (char_length(provider_file_id) between 1 and 255)
);

create index file_objects_provider_file_id_idx on loacl.file_objects (provider_file_id) where provider_file_id is not null;
comment on index loacl.file_objects_provider_file_id_idx is 'Serves: from a provider''s citation to the file.';
create index file_objects_provider_config_id_idx on loacl.file_objects (provider_config_id);
comment on index loacl.file_objects_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger file_objects_set_updated_at before update on loacl.file_objects
  for each row execute function loacl_private.set_updated_at();

alter table loacl.file_objects enable row level security;
revoke all on table loacl.file_objects from public, anon, authenticated, service_role;
grant select on table loacl.file_objects to authenticated;
grant select, insert, update, delete on table loacl.file_objects to service_role;
comment on table loacl.file_objects is
  'Bytes that visitors uploaded: the same bytes are stored once per person. Operators see those of their assistants; visitors see `files`.';
comment on column loacl.file_objects.person is
  'Whose: `user:<user id>` or `external:<the site''s id>` of a signed-in visitor, `session:<session id>` of a guest. Follows the session when its visitor signs in.';
comment on column loacl.file_objects.sha256 is 'Of the bytes, computed by the server.';
comment on column loacl.file_objects.mime_type is 'As the server found it, whatever the browser said.';
comment on column loacl.file_objects.storage_path is 'Where Storage keeps the bytes, in the bucket `loacl`.';
comment on column loacl.file_objects.stored_at is 'When Storage confirmed that it has them; null: they must be sent again.';
comment on column loacl.file_objects.closes_at is
  'Until when more can come to its path, by the link with which it was uploaded: what is deleted before is deleted again then.';
comment on column loacl.file_objects.provider_config_id is 'Where it was uploaded to; null until then, and once that config is gone.';
comment on column loacl.file_objects.provider_file_id is 'The provider''s id of the file; null until it was uploaded there.';

create policy file_objects_select_own on loacl.file_objects for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl.files (
  id uuid primary key default gen_random_uuid(),
  object_id uuid not null,
  assistant_id uuid not null,
  session_id uuid not null,
  thread_id uuid,
  message_id uuid references loacl.messages (id) on delete cascade,
  purpose text not null default 'user_data',
  original_name text not null,
  mime_type text not null,
  size_bytes bigint not null,
  width integer,
  height integer,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint files_object_fkey foreign key (object_id, assistant_id)
    references loacl.file_objects (id, assistant_id) on delete cascade,
  constraint files_session_fkey foreign key (session_id, assistant_id)
    references loacl.sessions (id, assistant_id) on delete cascade,
  constraint files_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint files_purpose check (purpose in ('user_data', 'vision', 'assistants', 'assistants_output')),
  constraint files_message_id_thread_id check (message_id is null or thread_id is not null),
  constraint files_original_name_length check (char_length(btrim(original_name)) between 1 and 255),
  constraint files_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint files_size_bytes_positive check (size_bytes >= 0),
  constraint files_width_height check ((width is null) = (height is null) and width > 0 and height > 0),
  constraint files_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index files_object_id_idx on loacl.files (object_id);
comment on index loacl.files_object_id_idx is 'Serves: whether bytes are still in use; the deletion of an object.';
create index files_session_id_created_at_idx on loacl.files (session_id, created_at desc);
comment on index loacl.files_session_id_created_at_idx is 'Serves: a visitor''s files; the deletion of a session.';
create index files_assistant_id_created_at_idx on loacl.files (assistant_id, created_at desc);
comment on index loacl.files_assistant_id_created_at_idx is 'Serves: an operator''s look at the latest uploads, and their number over a time.';
create index files_thread_id_idx on loacl.files (thread_id);
comment on index loacl.files_thread_id_idx is 'Serves: the files of a thread; the deletion of a thread.';
create index files_message_id_idx on loacl.files (message_id);
comment on index loacl.files_message_id_idx is 'Serves: the files of a message; the deletion of a message.';
create index files_unsent_idx on loacl.files (created_at) where message_id is null;
comment on index loacl.files_unsent_idx is 'Serves: uploads that were never sent.';

create trigger files_set_updated_at before update on loacl.files
  for each row execute function loacl_private.set_updated_at();

alter table loacl.files enable row level security;
revoke all on table loacl.files from public, anon, authenticated, service_role;
grant select on table loacl.files to anon, authenticated;
grant select, insert, update, delete on table loacl.files to service_role;
comment on table loacl.files is
  'Uploads of visitors. Visitors see theirs, operators those of their assistants; only the functions write.';
comment on column loacl.files.object_id is 'The bytes. They are deleted with the last file that refers to them.';
comment on column loacl.files.thread_id is 'null until it is sent with a message, as is message_id.';
comment on column loacl.files.purpose is 'What the model provider is told that it is for.';
comment on column loacl.files.original_name is 'The file''s name on the visitor''s device.';
comment on column loacl.files.width is 'Pixels, as is height; null but for a picture.';
comment on column loacl.files.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
-- A file that is in no thread yet is in no deleted one.
create policy files_select_visitor on loacl.files for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and (thread_id = any ((select loacl_private.own_deleted_thread_ids())::uuid[])) is not true
  );
create policy files_select_own on loacl.files for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and (thread_id = any ((select loacl_private.own_deleted_thread_ids())::uuid[])) is not true
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
