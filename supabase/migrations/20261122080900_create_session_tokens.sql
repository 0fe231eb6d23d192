create table loacl_private.session_tokens (
  token_hash bytea primary key,
  session_id uuid not null references loacl.sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint session_tokens_session_id_key unique (session_id),
  constraint session_tokens_token_hash_length check (octet_length(token_hash) = 32)
);
alter table loacl_private.session_tokens enable row level security;
revoke all on table loacl_private.session_tokens from public, anon, authenticated, service_role;
comment on table loacl_private.session_tokens is
  'The credential of each session, apart from it so that nobody can select one. Deleting a row signs the visitor out.';
comment on column loacl_private.session_tokens.token_hash is 'SHA-256 of the token that the browser made. The token itself is never stored.';

create function loacl_private.read_header(name text)
returns text
language sql
stable
security invoker
set search_path = ''
-- Empty where a transaction before this one on the same connection had headers.
return nullif(current_setting('request.headers', true), '')::json ->> name;
comment on function loacl_private.read_header(text) is 'A header of the Data API request, by its lower-case name.';
revoke all on function loacl_private.read_header(text) from public;

create function loacl_private.hash_session_token(token text)
returns bytea
language sql
immutable
security invoker
set search_path = ''
-- 32 bytes as unpadded base64url; null for anything else.
return case when token ~ '^[A-Za-z0-9_-]{43}$' then sha256(convert_to(token, 'UTF8')) end;
comment on function loacl_private.hash_session_token(text) is 'What the database keeps of a session token; null where it is none.';
revoke all on function loacl_private.hash_session_token(text) from public;

create function loacl_private.require_session_token_hash()
returns bytea
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  token text := loacl_private.read_header('x-loacl-session');
begin
  if coalesce(token, '') = '' then
    perform loacl_private.raise_error(401, 'session_missing', 'The x-loacl-session header is missing.');
  end if;
  if loacl_private.hash_session_token(token) is null then
    perform loacl_private.raise_error(401, 'session_invalid', 'The x-loacl-session header holds no session token.');
  end if;
  return loacl_private.hash_session_token(token);
end
$$;
comment on function loacl_private.require_session_token_hash() is 'Hash of the request''s session token. Errors: session_missing, session_invalid.';
revoke all on function loacl_private.require_session_token_hash() from public;

create function loacl_private.own_session_ids()
returns setof uuid
language sql
stable
security definer -- reads session_tokens
set search_path = ''
begin atomic
  select s.id
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session'))
    and s.expires_at > now()
    and (s.user_id is null or s.user_id = (select auth.uid()));
end;
comment on function loacl_private.own_session_ids() is
  'The calling visitor''s sessions, by the token in the request; none where there is no token or it has expired. The visitor''s half of every policy.';
revoke all on function loacl_private.own_session_ids() from public;
grant execute on function loacl_private.own_session_ids() to anon, authenticated;
