-- `http://localhost:*`: pages that are developed come from a port of the developer's machine, and another one tomorrow.
create or replace function loacl_private.refuse_malformed_origins()
returns trigger
language plpgsql
volatile
security definer -- authenticated has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  -- `*`, an exact origin, every subdomain of a host over HTTPS, or every port of the visitor's own machine.
  shape constant text := '^(\*|https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?|https://\*\.[a-z0-9.-]+(:[0-9]+)?'
    '|https?://(localhost|127\.0\.0\.1|\[::1\]):\*)$';
  origin text;
  meant text;
begin
  foreach origin in array new.allowed_origins loop
    continue when origin ~ shape;
    meant := lower(substring(origin from '^\s*((?:[Hh][Tt][Tt][Pp][Ss]?)://[^/?#\s]+)'));
    perform loacl_private.raise_error(400, 'invalid_body', format(
      '"%s" is no origin: the beginning of a page''s address, in lower case, with nothing after the host and its port. %s',
      left(origin, 200),
      case
        when meant ~ shape then format('Write %s', meant)
        else 'Write https://example.com, or https://*.example.com for every subdomain, or * for any page.'
      end
    ));
  end loop;
  return new;
end
$$;

create or replace function loacl_private.is_origin_allowed(allowed_origins text[], origin text)
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

comment on column loacl.assistants.allowed_origins is
  'Pages that may use it: `https://example.com`, `https://*.example.com` (every subdomain, not the domain itself), `http://localhost:*` (every port; of localhost, 127.0.0.1 and [::1] alone), or `*` for any. Empty: no page at all. Requests without an Origin header, which browsers always send here, are not held back by it.';
