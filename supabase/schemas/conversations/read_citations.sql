create function loacl_private.find_id(name text)
returns uuid
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return substring(find_id.name from '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$')::uuid;
comment on function loacl_private.find_id(text) is 'The UUID at the end of a name; null where there is none.';
revoke all on function loacl_private.find_id(text) from public;
grant execute on function loacl_private.find_id(text) to service_role;

create function loacl_private.read_citations(source jsonb, characters integer)
returns table (place bigint, start_index integer, end_index integer, quote text)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.place,
    case when n.is_place then n.from_index::integer end,
    case when n.is_place then n.to_index::integer end,
    nullif(c.citation ->> 'quote', '')
  from jsonb_array_elements(
    case when jsonb_typeof(source -> 'citations') = 'array' then source -> 'citations' else '[]' end
  ) with ordinality as c (citation, place)
  cross join lateral (
    select i.from_index, i.to_index,
      i.from_index >= 0 and i.from_index <= i.to_index and i.to_index <= characters
        and i.from_index = trunc(i.from_index) and i.to_index = trunc(i.to_index) as is_place
    from (
      select
        case jsonb_typeof(c.citation -> 'start') when 'number' then (c.citation -> 'start')::numeric end as from_index,
        case jsonb_typeof(c.citation -> 'end') when 'number' then (c.citation -> 'end')::numeric end as to_index
    ) i
  ) n;
end
$$;
comment on function loacl_private.read_citations(jsonb, integer) is
  'The citations of a source among a message''s parts, in order, the message having so many characters. A place that is none in it is null.';
revoke all on function loacl_private.read_citations(jsonb, integer) from public;
grant execute on function loacl_private.read_citations(jsonb, integer) to service_role;
