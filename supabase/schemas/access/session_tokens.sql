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

create table loacl_private.replaced_session_tokens (
  token_hash bytea primary key,
  created_at timestamptz not null default now(),
  is_erased boolean not null default false,
  constraint replaced_session_tokens_token_hash_length check (octet_length(token_hash) = 32)
);
create index replaced_session_tokens_created_at_idx on loacl_private.replaced_session_tokens (created_at)
  where not is_erased;
comment on index loacl_private.replaced_session_tokens_created_at_idx is 'Serves: those that nobody can come with any more.';
alter table loacl_private.replaced_session_tokens enable row level security;
revoke all on table loacl_private.replaced_session_tokens from public, anon, authenticated, service_role;
comment on table loacl_private.replaced_session_tokens is
  'Tokens that identifying or signing out took away in the last ten minutes. A request of another tab that still carries one is refused. Without this table it would begin a guest''s session under a token that no tab has any more, and its conversation would be lost. Those that were erased stay: a question that is on its way during the erasure is not stored after it.';
comment on column loacl_private.replaced_session_tokens.token_hash is 'As in session_tokens.';
comment on column loacl_private.replaced_session_tokens.is_erased is 'Whether the person was erased who had it. Then it is never forgotten: nobody can find what would be stored under it.';

create function loacl_private.remember_replaced_token(hash bytea, for_good boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into loacl_private.replaced_session_tokens as r (token_hash, is_erased) values (hash, for_good)
  on conflict (token_hash) do update set created_at = now(), is_erased = r.is_erased or for_good;
  -- Each call deletes more than it adds, so that nothing depends on a scheduler.
  delete from loacl_private.replaced_session_tokens r
  where r.token_hash in (
    select old.token_hash
    from loacl_private.replaced_session_tokens old
    where old.created_at < now() - interval '10 minutes' and not old.is_erased
    order by old.created_at
    limit 5
    for update skip locked
  );
end
$$;
comment on function loacl_private.remember_replaced_token(bytea, boolean) is
  'Refuses a token from now on: for ten minutes, or `for_good` where the person was erased who had it.';
revoke all on function loacl_private.remember_replaced_token(bytea, boolean) from public;

create function loacl_private.replace_session_token(old_hash bytea)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.session_tokens k where k.token_hash = old_hash;
  perform loacl_private.remember_replaced_token(old_hash, false);
end
$$;
comment on function loacl_private.replace_session_token(bytea) is
  'Makes a token worthless, and remembers for ten minutes that it was one.';
revoke all on function loacl_private.replace_session_token(bytea) from public;

create function loacl_private.refuse_replaced_token(hash bytea)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  is_erased boolean := (
    select r.is_erased from loacl_private.replaced_session_tokens r where r.token_hash = refuse_replaced_token.hash
  );
begin
  if is_erased then
    perform loacl_private.raise_error(401, 'session_expired', 'This session was erased. Nothing was done.');
  elsif is_erased is not null then
    perform loacl_private.raise_error(401, 'session_replaced', 'Another token has taken the place of this one. Nothing was done.');
  end if;
end
$$;
comment on function loacl_private.refuse_replaced_token(bytea) is
  'For a token that stands for no session: whether it did until some minutes ago, or until it was erased. Errors: session_replaced, session_expired.';
revoke all on function loacl_private.refuse_replaced_token(bytea) from public;

create function loacl_private.read_header(name text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Empty where a transaction before this one on the same connection had headers.
  return nullif(current_setting('request.headers', true), '')::json ->> name;
end
$$;
comment on function loacl_private.read_header(text) is 'A header of the Data API request, by its lower-case name.';
revoke all on function loacl_private.read_header(text) from public;

create function loacl_private.hash_session_token(token text)
returns bytea
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- 32 bytes as unpadded base64url; null for anything else.
  return case when token ~ '^[A-Za-z0-9_-]{43}$' then sha256(convert_to(token, 'UTF8')) end;
end
$$;
comment on function loacl_private.hash_session_token(text) is 'What the database keeps of a session token; null where it is none.';
revoke all on function loacl_private.hash_session_token(text) from public;

create function loacl_private.require_session_token_hash()
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
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

create function loacl_private.raise_not_found(code text, detail text)
returns jsonb
language plpgsql
volatile
security definer -- reads replaced_session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.refuse_replaced_token(loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session')));
  return loacl_private.raise_error(404, code, detail);
end
$$;
comment on function loacl_private.raise_not_found(text, text) is
  'Fails as raise_error does, with status 404: what was asked for is not there, or not the caller''s. Where the request''s token was replaced some minutes ago, it says that instead: with the fresh token it may be there. Or that it was erased. Errors: session_replaced, session_expired.';
-- Runs inside functions that visitors call as themselves.
revoke all on function loacl_private.raise_not_found(text, text) from public;
grant execute on function loacl_private.raise_not_found(text, text) to anon, authenticated;

create function loacl_private.find_own_session_ids(claims jsonb)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- What read_header and hash_session_token do, written out: every policy asks this, and two calls more would be felt.
  token text := nullif(current_setting('request.headers', true), '')::json ->> 'x-loacl-session';
  known_id uuid;
  known_assistant_id uuid;
  known_user_id uuid;
  known_external_id text;
begin
  if token is null then
    return '{}';
  end if;
  select s.id, s.assistant_id, s.user_id, s.external_id
  into known_id, known_assistant_id, known_user_id, known_external_id
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > now();
  if not found or (known_user_id is not null and known_user_id is distinct from loacl_private.find_live_user(claims)) then
    return '{}';
  end if;
  -- Only the session of this device must be alive; sessions of the same person elsewhere count even where they have ended.
  if known_user_id is not null then
    return array(select s.id from loacl.sessions s where s.user_id = known_user_id and s.assistant_id = known_assistant_id);
  elsif known_external_id is not null then
    return array(select s.id from loacl.sessions s where s.external_id = known_external_id and s.assistant_id = known_assistant_id);
  end if;
  return array[known_id];
end
$$;
comment on function loacl_private.find_own_session_ids(jsonb) is
  'The sessions of the visitor whose token the request carries, with those of the same person on other devices. `claims`: of the verified access token that came along.';
revoke all on function loacl_private.find_own_session_ids(jsonb) from public;

create function loacl_private.find_caller_session_ids(claims jsonb)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  session_ids uuid[] := loacl_private.find_own_session_ids(find_caller_session_ids.claims);
  ends_at timestamptz;
begin
  if session_ids = '{}' then
    perform loacl_private.refuse_replaced_token(hash);
    select s.expires_at into ends_at
    from loacl_private.session_tokens k
    join loacl.sessions s on s.id = k.session_id
    where k.token_hash = hash;
    if ends_at > now() then
      perform loacl_private.raise_error(401, 'session_locked', 'This session is a signed-in user''s, and opens with their access token alone.');
    elsif found then
      perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
    end if;
  end if;
  return session_ids;
end
$$;
comment on function loacl_private.find_caller_session_ids(jsonb) is
  'find_own_session_ids for a request that needs a token, and says of one that opens nothing why; none for a token that has made no session yet. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl_private.find_caller_session_ids(jsonb) from public;

create function loacl_private.own_session_ids()
returns uuid[]
language plpgsql
stable
security definer -- reads session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  -- What auth.jwt() gives, without the call: PostgreSQL plans a function in SQL anew in each transaction, which takes
  -- longer than running it.
  return loacl_private.find_own_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb);
end
$$;
comment on function loacl_private.own_session_ids() is
  'The calling visitor''s sessions, by the token in the request, and those of the same person on other devices; none where there is no token, it has expired, or it is bound to a user who isn''t signed in. The visitor''s half of every policy.';
revoke all on function loacl_private.own_session_ids() from public;
grant execute on function loacl_private.own_session_ids() to anon, authenticated;
