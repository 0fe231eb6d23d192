create function loacl_private.find_schema_fault(schema jsonb)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  types constant jsonb := '["object", "array", "string", "number", "integer", "boolean", "null"]';
  fault text;
  properties bigint;
begin
  if octet_length(schema::text) > 32768 then
    return 'It has more than 32,768 bytes.';
  end if;
  if jsonb_typeof(schema) <> 'object' or schema -> 'type' is distinct from '"object"' then
    return 'Its "type" must be "object".';
  end if;
  with recursive subschemas as (
    select schema as node, 1 as depth, '$' as place
    union all
    select child.node, s.depth + 1, s.place || child.place
    from subschemas s
    cross join lateral (
      -- Names of the author's choice, each with a schema.
      select n.value as node, '.' || k.key || '.' || n.key as place
      from jsonb_each(case jsonb_typeof(s.node) when 'object' then s.node else '{}' end) k
      cross join lateral jsonb_each(case jsonb_typeof(k.value) when 'object' then k.value else '{}' end) n
      where k.key in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas')
      union all
      select e.value, '.' || k.key
      from jsonb_each(case jsonb_typeof(s.node) when 'object' then s.node else '{}' end) k
      cross join lateral jsonb_array_elements(case jsonb_typeof(k.value) when 'array' then k.value else jsonb_build_array(k.value) end) e
      where k.key in (
        'items', 'prefixItems', 'additionalItems', 'additionalProperties', 'unevaluatedItems', 'unevaluatedProperties', 'contains',
        'propertyNames', 'not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf'
      )
    ) child
    where s.depth <= 20
  ),
  faults as (
    select s.place, s.depth, case
      when s.depth > 20 then 'It is deeper than 20 levels.'
      when jsonb_typeof(s.node) = 'boolean' then null
      when jsonb_typeof(s.node) <> 'object' then 'Each schema in it must be an object or a boolean'
      when s.node ? 'type' and not (
        s.node -> 'type' <@ types and (jsonb_typeof(s.node -> 'type') = 'string' or s.node -> 'type' <> '[]')
      ) then 'A "type" must be one of those of JSON Schema'
      when jsonb_typeof(s.node -> 'properties') <> 'object' then '"properties" must be an object'
      when jsonb_typeof(s.node -> 'required') <> 'array'
        or jsonb_path_exists(s.node, '$.required[*] ? (@.type() != "string")') then '"required" must be a list of names'
      when jsonb_typeof(s.node -> 'enum') <> 'array' then '"enum" must be a list'
      when s.node ? '$ref' and (s.node ->> '$ref') !~ '^#' then 'A "$ref" must stay within the schema'
    end as said,
    case when jsonb_typeof(s.node -> 'properties') = 'object' then (select count(*) from jsonb_object_keys(s.node -> 'properties')) else 0 end
      as properties
    from subschemas s
  )
  select (
      array_agg(f.said || case when f.said like '%.' then '' else format(', at %s.', left(f.place, 200)) end order by f.depth, f.place)
        filter (where f.said is not null)
    )[1],
    sum(f.properties)
  into fault, properties
  from faults f;
  if fault is null and properties > 200 then
    return 'It has more than 200 properties.';
  end if;
  return fault;
end
$$;
comment on function loacl_private.find_schema_fault(jsonb) is
  'Why this is no JSON Schema that a tool''s arguments can have, as a sentence; null where it is one.';
revoke all on function loacl_private.find_schema_fault(jsonb) from public;

create function loacl_private.refuse_malformed_schema()
returns trigger
language plpgsql
volatile
security definer -- authenticated has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  fault text := loacl_private.find_schema_fault(new.parameters);
begin
  if fault is not null then
    perform loacl_private.raise_error(
      400, 'tool_schema_invalid', format('The parameters of the tool "%s" are no JSON Schema that can be used. %s', left(new.name, 64), fault)
    );
  end if;
  return new;
end
$$;
comment on function loacl_private.refuse_malformed_schema() is
  'Holds: a tool''s parameters are a JSON Schema. In place of a check, whose message could not say what is wrong. Errors: tool_schema_invalid.';
revoke all on function loacl_private.refuse_malformed_schema() from public;

create trigger assistant_tools_refuse_malformed_schema before insert or update of parameters on loacl.assistant_tools
  for each row execute function loacl_private.refuse_malformed_schema();
