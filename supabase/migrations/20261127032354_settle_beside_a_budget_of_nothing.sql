create or replace function loacl_private.settle_reservation(turn_id uuid, step integer, purpose text, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
  settled_usd numeric;
begin
  delete from loacl_private.reservations r
  where r.turn_id = settle_reservation.turn_id
    and r.step = settle_reservation.step
    and r.purpose = settle_reservation.purpose
  returning r.* into reserved;
  if not found then
    return;
  end if;
  settled_usd := coalesce(settle_reservation.usd, reserved.usd);
  -- What was reserved yesterday is no longer in today's budget, and an owner may have put that to 0 meanwhile.
  update loacl_private.budgets b
  set day_tokens = greatest(0, b.day_tokens + case when b.day = reserved.day then settle_reservation.tokens - reserved.tokens else 0 end),
    day_usd = greatest(0, b.day_usd + case when b.day = reserved.day then settled_usd - reserved.usd else 0 end),
    month_usd = greatest(0, b.month_usd + case when b.month = date_trunc('month', reserved.day)::date then settled_usd - reserved.usd else 0 end)
  where b.assistant_id = reserved.assistant_id;
end
$$;
