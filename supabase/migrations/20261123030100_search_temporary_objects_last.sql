-- An empty search path still finds types and tables of `pg_temp`, and before those of `pg_catalog`: who can run SQL as
-- `anon` could make a domain `pg_temp.text` whose check runs with the rights of a definer function's owner. Bodies bound
-- at creation are safe from that, those of plpgsql and of `auth.uid()`, which take on their caller's path, are not.
do $$
declare
  function regprocedure;
begin
  for function in
    select p.oid
    from pg_catalog.pg_proc p
    where p.pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and p.prokind = 'f'
  loop
    execute format('alter function %s set search_path = pg_catalog, pg_temp', function);
  end loop;
end
$$;
