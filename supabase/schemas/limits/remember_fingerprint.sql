create function loacl_private.remember_fingerprint(session loacl.sessions, fingerprint text)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := sha256(convert_to(session.assistant_id || ':' || fingerprint, 'UTF8'));
begin
  if session.fingerprint_hash is distinct from hash then
    update loacl.sessions s set fingerprint_hash = hash where s.id = session.id;
  end if;
  return encode(hash, 'hex');
end
$$;
comment on function loacl_private.remember_fingerprint(loacl.sessions, text) is
  'Keeps the hash of a browser''s fingerprint with its session, and gives it in hexadecimal.';
revoke all on function loacl_private.remember_fingerprint(loacl.sessions, text) from public;
