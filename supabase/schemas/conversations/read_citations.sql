create function loacl_private.find_id(name text, kind text)
returns uuid
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return substring(find_id.name from '^' || find_id.kind || '-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid;
comment on function loacl_private.find_id(text, text) is 'The UUID in the name of a source of that kind; null where it names another.';
revoke all on function loacl_private.find_id(text, text) from public;
grant execute on function loacl_private.find_id(text, text) to service_role;

create function loacl_private.read_citations(citations jsonb, characters integer)
returns table (place bigint, start_index integer, end_index integer, quote text)
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.place,
    case when n.is_place then c.from_index::integer end,
    case when n.is_place then c.to_index::integer end,
    left(nullif(c.quote, ''), 10000)
  from (
    select e.place, e.citation ->> 'quote' as quote,
      case jsonb_typeof(e.citation -> 'start') when 'number' then (e.citation -> 'start')::numeric end as from_index,
      case jsonb_typeof(e.citation -> 'end') when 'number' then (e.citation -> 'end')::numeric end as to_index
    from jsonb_array_elements(case jsonb_typeof(citations) when 'array' then citations else '[]' end)
      with ordinality as e (citation, place)
    limit 1000
  ) c
  cross join lateral (
    select c.from_index >= 0 and c.from_index <= c.to_index and c.to_index <= characters
      and c.from_index = trunc(c.from_index) and c.to_index = trunc(c.to_index) as is_place
  ) n;
end
$$;
comment on function loacl_private.read_citations(jsonb, integer) is
  'The citations of a source among a message''s parts, in order, the message having so many characters. A place that is none in it is null.';
revoke all on function loacl_private.read_citations(jsonb, integer) from public;
grant execute on function loacl_private.read_citations(jsonb, integer) to service_role;
