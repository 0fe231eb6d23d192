-- An owner is told which origin is malformed and what to write: a check's message names its constraint alone.
alter table loacl.assistants drop constraint assistants_allowed_origins_shape;

create function loacl_private.refuse_malformed_origins()
returns trigger
language plpgsql
volatile
security definer -- authenticated has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  -- `*`, an exact origin, or every subdomain of a host over HTTPS.
  shape constant text := '^(\*|https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?|https://\*\.[a-z0-9.-]+(:[0-9]+)?)$';
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
comment on function loacl_private.refuse_malformed_origins() is
  'Holds: the shape of allowed origins. In place of a check, whose message could not say which origin is wrong. Errors: invalid_body.';
revoke all on function loacl_private.refuse_malformed_origins() from public;

create trigger assistants_refuse_malformed_origins before insert or update of allowed_origins on loacl.assistants
  for each row execute function loacl_private.refuse_malformed_origins();
