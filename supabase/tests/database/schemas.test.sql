-- What the schemas let through, whatever is in them. Run by `supabase test db` in your project, and by `npm test` here.
begin;
select plan(10);

select is_empty(
  $$
    select role, privilege
    from unnest(array['anon', 'authenticated', 'service_role', 'authenticator']) as role
    cross join unnest(array['usage', 'create']) as privilege
    where has_schema_privilege(role, 'loacl_private', privilege)
  $$,
  'no role of the Data API may use loacl_private'
);

select is_empty(
  $$
    select c.oid::regclass, role
    from pg_class c
    cross join unnest(array['anon', 'authenticated', 'service_role']) as role
    where c.relnamespace = 'loacl_private'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and has_table_privilege(role, c.oid, 'select, insert, update, delete, truncate, references, trigger')
  $$,
  'no role of the Data API has a right on a table of loacl_private'
);

select is_empty(
  $$
    select c.oid::regclass
    from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('r', 'p')
      and not c.relrowsecurity
  $$,
  'every table has row security'
);

select is_empty(
  $$
    select c.oid::regclass
    from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('v', 'm')
  $$,
  'there is no view that would bypass it'
);

select is_empty(
  $$
    select p.schemaname, p.tablename, p.policyname
    from pg_policies p
    where p.schemaname in ('loacl', 'loacl_private')
      and (p.cmd = 'ALL' or not p.roles <@ array['anon', 'authenticated']::name[] or p.permissive <> 'PERMISSIVE')
  $$,
  'every policy names its verb and its roles'
);

select is_empty(
  $$
    select c.oid::regclass, privilege
    from pg_class c
    cross join unnest(array['insert', 'delete', 'truncate', 'references', 'trigger']) as privilege
    where c.relnamespace = 'loacl'::regnamespace and c.relkind = 'r' and c.relname <> 'message_feedback'
      and has_table_privilege('anon', c.oid, privilege)
  $$,
  'visitors add nothing to a table and delete nothing from one, but their feedback'
);

select is_empty(
  $$
    select p.oid::regprocedure
    from pg_proc p
    where p.pronamespace = 'loacl'::regnamespace and p.prosecdef
  $$,
  'no exposed function runs with its owner''s rights'
);

select is_empty(
  $$
    select p.oid::regprocedure
    from pg_proc p
    where p.pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
      and 'search_path=pg_catalog, pg_temp' <> all (coalesce(p.proconfig, '{}'))
  $$,
  'every function has a fixed search path that comes to temporary objects last'
);

select is_empty(
  $$
    select p.oid::regprocedure
    from pg_proc p
    where p.pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
      and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)
  $$,
  'no function is everybody''s'
);

select is_empty(
  $$
    select p.proname
    from pg_proc p
    where p.pronamespace = 'loacl'::regnamespace
      and has_function_privilege('service_role', p.oid, 'execute')
      and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))
  $$,
  'what is for the functions is for nobody else'
);

select * from finish();
rollback;
