create function loacl_private.purge_reservations()
returns void
language sql
volatile
security invoker
set search_path = ''
begin atomic
  -- No turn takes that long. What it reserved stays in the budget of its month.
  delete from loacl_private.reservations r where r.day < (now() at time zone 'utc')::date - 1;
end;
comment on function loacl_private.purge_reservations() is 'Deletes reservations that nobody will settle any more: they stand in full.';
revoke all on function loacl_private.purge_reservations() from public;

create or replace function loacl_private.clean_up()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform loacl_private.fail_abandoned_turn(t.id)
  from loacl_private.turns t
  where t.state = 'running' and t.lease_expires_at < now();
  perform loacl_private.purge_turn_chunks(100000);
  perform loacl_private.purge_expired_data();
  perform loacl_private.purge_rate_counters(100000);
  perform loacl_private.purge_reservations();
end
$$;
