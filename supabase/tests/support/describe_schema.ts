import type postgres from 'postgres'

/**
 * Everything in our schemas, as text that two databases can be compared by: a line for each thing, without its ids. The
 * order of a table's columns is left out: a migration adds one at the end.
 */
export async function describeSchema(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    with schemas as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname in ('loacl', 'loacl_private')),
    relations as (select c.* from pg_class c join schemas s on s.oid = c.relnamespace),
    functions as (select p.* from pg_proc p join schemas s on s.oid = p.pronamespace)
    select format('schema %s of %s %s', nspname, nspowner::regrole, nspacl) as line from schemas
    union all select format('relation %s %s of %s %s security %s %s options %s',
        relkind, oid::regclass, relowner::regrole, relacl, relrowsecurity, relforcerowsecurity, reloptions)
      from relations
    union all select format('column %s.%s %s collation %s null %s identity %s generated %s default %s statistics %s %s',
        r.oid::regclass, attname, format_type(atttypid, atttypmod), attcollation, not attnotnull, attidentity, attgenerated,
        pg_get_expr(d.adbin, d.adrelid), attstattarget, attacl)
      from relations r join pg_attribute a on a.attrelid = r.oid and attnum > 0 and not attisdropped
      left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
      from pg_constraint c join schemas s on s.oid = c.connamespace
    union all select format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
      from pg_index i join relations r on r.oid = i.indrelid
    union all select format('view %s', pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
    union all select format('policy %s', p) from pg_policies p join schemas s on s.nspname = p.schemaname
    union all select format('trigger %s enabled %s', pg_get_triggerdef(t.oid), tgenabled)
      from pg_trigger t join relations r on r.oid = t.tgrelid where not tgisinternal
    union all select format('rule %s', pg_get_ruledef(u.oid)) from pg_rewrite u join relations r on r.oid = u.ev_class
    union all select format('function %s of %s %s', pg_get_functiondef(oid), proowner::regrole, proacl) from functions
    union all select format('type %s %s %s', t.oid::regtype, typtype, typacl) from pg_type t join schemas s on s.oid = t.typnamespace
    union all select format('default grant %s %s %s', nspname, defaclobjtype, defaclacl)
      from pg_default_acl d join schemas s on s.oid = d.defaclnamespace
    union all select format('published %s %s', pubname, schemaname || '.' || tablename)
      from pg_publication_tables p join schemas s on s.nspname = p.schemaname
    union all select format('comment on %s %s', pg_describe_object(classoid, objoid, objsubid), description)
      from pg_description
      where (classoid = 'pg_namespace'::regclass and objoid in (select oid from schemas))
        or (classoid = 'pg_class'::regclass and objoid in (select oid from relations))
        or (classoid = 'pg_proc'::regclass and objoid in (select oid from functions))
        or (classoid = 'pg_constraint'::regclass and objoid in (select c.oid from pg_constraint c join relations r on r.oid = c.conrelid))
        or (classoid = 'pg_trigger'::regclass and objoid in (select t.oid from pg_trigger t join relations r on r.oid = t.tgrelid))
        or (classoid = 'pg_policy'::regclass and objoid in (select p.oid from pg_policy p join relations r on r.oid = p.polrelid))
    union all select format('price %s', to_jsonb(p) - 'id' - 'created_at' - 'updated_at') from loacl.model_prices p where owner_id is null
    order by 1
  `
  return rows.map(({ line }) => line)
}
