-- A picture host with the port 443 matched no address: browsers leave it out.

create or replace function loacl_private.refuse_malformed_image_hosts()
returns trigger
language plpgsql
volatile
security definer -- authenticated has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  -- A host, or every subdomain of one. Not `*` alone: a picture's address can tell any host what the visitor wrote.
  -- Not the port of HTTPS, which no address is left with.
  shape constant text := '^(\*\.)?[a-z0-9.-]*[a-z0-9](:(?!443$)[1-9][0-9]*)?$';
  host text;
  meant text;
begin
  if cardinality(new.image_hosts) > 100 then
    perform loacl_private.raise_error(400, 'invalid_body', 'An assistant has at most 100 image hosts.');
  end if;
  foreach host in array new.image_hosts loop
    continue when host ~ shape;
    meant := regexp_replace(lower(substring(host from '^\s*(?:[Hh][Tt][Tt][Pp][Ss]?://)?([^/?#@\s]+)')), ':0*443$', '');
    perform loacl_private.raise_error(400, 'invalid_body', format(
      '"%s" is no host: the name in a picture''s address, in lower case, without https:// and without a path. %s',
      left(host, 200),
      case
        when meant ~ shape then format('Write %s', meant)
        else 'Write images.example.com, or *.example.com for every subdomain.'
      end
    ));
  end loop;
  return new;
end
$$;
comment on function loacl_private.refuse_malformed_image_hosts() is
  'Holds: the shape of image hosts, and how many there are. In place of a check, whose message could not say which host is wrong. Errors: invalid_body.';
