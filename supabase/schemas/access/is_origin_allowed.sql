create function loacl_private.is_origin_allowed(allowed_origins text[], origin text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    origin is null
    or '*' = any (allowed_origins)
    or lower(origin) = any (allowed_origins)
    or regexp_replace(lower(origin), ':[0-9]+$', '') || ':*' = any (allowed_origins)
    or exists (
      select
      from unnest(allowed_origins) as allowed
      where starts_with(allowed, 'https://*.')
        and starts_with(lower(origin), 'https://')
        -- What `*` stands for is at least one character, and part of the host's name.
        and right(lower(origin), -8) ~ '^[a-z0-9.-]+(:[0-9]+)?$'
        and length(origin) > length(allowed) - 1
        and right(lower(origin), length(allowed) - 9) = right(allowed, -9)
    )
  );
end
$$;
comment on function loacl_private.is_origin_allowed(text[], text) is
  'Whether a page of this origin may use an assistant. A request without an origin comes from a program, which could send any: it passes. The opaque origin `null` passes only where any does.';
revoke all on function loacl_private.is_origin_allowed(text[], text) from public;
