create function loacl_private.raise_error(status integer, code text, detail text, hint text default null)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if hint is null then
    raise exception using errcode = 'PT' || status, message = code, detail = detail;
  end if;
  raise exception using errcode = 'PT' || status, message = code, detail = detail, hint = hint;
end
$$;
comment on function loacl_private.raise_error(integer, text, text, text) is
  'Fails with an HTTP status, one of LOACL''s error codes and a sentence for people. `hint` is a number of milliseconds after which the same request may succeed. Never returns: the type lets it stand in an expression.';
-- Runs inside functions that visitors call as themselves.
revoke all on function loacl_private.raise_error(integer, text, text, text) from public;
grant execute on function loacl_private.raise_error(integer, text, text, text) to anon, authenticated, service_role;
