create table loacl.sessions (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  session_type text not null default 'guest',
  user_id uuid references auth.users (id) on delete cascade,
  external_id text,
  fingerprint_hash bytea,
  last_active_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sessions_id_assistant_id_key unique (id, assistant_id),
  constraint sessions_session_type check (session_type in ('guest', 'authenticated')),
  -- A guest is nobody; an authenticated session is one person, known by one of the two.
  constraint sessions_person check (num_nonnulls(user_id, external_id) = case session_type when 'guest' then 0 else 1 end),
  constraint sessions_external_id_length check (char_length(external_id) between 1 and 255),
  constraint sessions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index sessions_assistant_id_last_active_at_idx on loacl.sessions (assistant_id, last_active_at desc);
comment on index loacl.sessions_assistant_id_last_active_at_idx is 'Serves: an operator''s latest visitors; the deletion of an assistant.';
create index sessions_user_id_idx on loacl.sessions (user_id, assistant_id) where user_id is not null;
comment on index loacl.sessions_user_id_idx is 'Serves: a person''s sessions on other devices; the deletion of a user.';
create index sessions_external_id_idx on loacl.sessions (external_id, assistant_id) where external_id is not null;
comment on index loacl.sessions_external_id_idx is 'Serves: a person''s sessions on other devices.';
create index sessions_expires_at_idx on loacl.sessions (expires_at);
comment on index loacl.sessions_expires_at_idx is 'Serves: sessions that ended and hold nothing.';

create trigger sessions_set_updated_at before update on loacl.sessions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.sessions enable row level security;
revoke all on table loacl.sessions from public, anon, authenticated, service_role;
grant select on table loacl.sessions to authenticated;
grant select, insert, update, delete on table loacl.sessions to service_role;
comment on table loacl.sessions is
  'A visitor on one device, made by the first message. Operators see those of their assistants; visitors don''t read it.';
comment on column loacl.sessions.user_id is 'The Supabase user it is bound to. It then works only together with that user''s access token.';
comment on column loacl.sessions.external_id is 'The site''s own id of a visitor who came with an identity token.';
comment on column loacl.sessions.fingerprint_hash is
  'SHA-256 of the assistant''s id, a colon and the browser''s fingerprint, where the assistant asks for one. A signal against abuse, never a credential.';
comment on column loacl.sessions.expires_at is 'From then on it owns nothing. A guest''s slides with each message.';
comment on column loacl.sessions.metadata is 'The host''s own data. The visitor gets it in their export.';

create function loacl_private.find_person_session_ids(session loacl.sessions)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select s.id
    from loacl.sessions s
    where s.id = session.id
      or (s.user_id = session.user_id and s.assistant_id = session.assistant_id)
      or (s.external_id = session.external_id and s.assistant_id = session.assistant_id)
  );
end
$$;
comment on function loacl_private.find_person_session_ids(loacl.sessions) is
  'A session and, where its visitor is signed in, those of the same person on other devices, with the same assistant. An array, because the planner has no statistics of persons and would expect far more sessions of one.';
revoke all on function loacl_private.find_person_session_ids(loacl.sessions) from public;

create policy sessions_select_own on loacl.sessions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
