-- What every policy asks. A body in SQL with a search path of its own is planned again in each statement that calls it,
-- and that took longer than all the rest of a short query. One in plpgsql is planned once per connection.

create or replace function loacl_private.read_header(name text)
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

create or replace function loacl_private.hash_session_token(token text)
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

create or replace function loacl_private.find_person_session_ids(session_ids uuid[])
returns setof uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with known as (
    select s.id, s.assistant_id, s.user_id, s.external_id
    from loacl.sessions s
    where s.id = any (find_person_session_ids.session_ids)
  )
  select k.id from known k
  union
  select s.id from known k join loacl.sessions s on s.user_id = k.user_id and s.assistant_id = k.assistant_id
  union
  select s.id from known k join loacl.sessions s on s.external_id = k.external_id and s.assistant_id = k.assistant_id;
end
$$;

create or replace function loacl_private.find_own_session_ids(claims jsonb)
returns setof uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session'));
  known record;
begin
  if hash is null then
    return;
  end if;
  select s.id, s.assistant_id, s.user_id, s.external_id into known
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = hash and s.expires_at > now();
  if not found or (known.user_id is not null and known.user_id is distinct from loacl_private.find_live_user(claims)) then
    return;
  end if;
  -- Those of other devices have ended or not: it is this device's session that says who asks.
  if known.user_id is not null then
    return query select s.id from loacl.sessions s where s.user_id = known.user_id and s.assistant_id = known.assistant_id;
  elsif known.external_id is not null then
    return query select s.id from loacl.sessions s where s.external_id = known.external_id and s.assistant_id = known.assistant_id;
  else
    return next known.id;
  end if;
end
$$;

create or replace function loacl_private.own_session_ids()
returns setof uuid
language plpgsql
stable
security definer -- reads session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select loacl_private.find_own_session_ids(auth.jwt());
end
$$;

create or replace function loacl_private.own_deleted_thread_ids()
returns setof uuid
language plpgsql
stable
security definer -- visitors can't see them
set search_path = pg_catalog, pg_temp
as $$
declare
  own_ids uuid[] := array(select loacl_private.own_session_ids());
begin
  return query select t.id from loacl.threads t where t.session_id = any (own_ids) and t.status = 'deleted';
end
$$;

create or replace function loacl_private.is_operator()
returns boolean
language plpgsql
stable
security definer -- callers can't read operators
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from loacl_private.operators o where o.user_id = auth.uid())
    and coalesce(auth.jwt() ->> 'is_anonymous', 'false') <> 'true';
end
$$;

create or replace function loacl_private.own_assistant_ids()
returns setof uuid
language plpgsql
stable
security definer -- reads operators
set search_path = pg_catalog, pg_temp
as $$
begin
  if loacl_private.is_operator() then
    return query select a.id from loacl.assistants a where a.owner_id = auth.uid();
  end if;
end
$$;
