create function loacl_private.take_fallback(turn loacl_private.turns, outcome jsonb)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(outcome -> 'fallback') = 'object' then
    update loacl_private.turns t
    set provider_config_id = (outcome -> 'fallback' ->> 'configId')::uuid,
      provider = coalesce(
        (select p.provider from loacl.provider_configs p where p.id = (outcome -> 'fallback' ->> 'configId')::uuid), t.provider
      ),
      model = outcome -> 'fallback' ->> 'model'
    where t.id = turn.id
    returning t.* into turn;
  end if;
  return turn;
end
$$;
comment on function loacl_private.take_fallback(loacl_private.turns, jsonb) is
  'The turn as its worker left it: where the fallback has answered (`outcome.fallback`, `{"configId", "model"}`), it is whom the turn asks from then on, and its price is what counts.';
revoke all on function loacl_private.take_fallback(loacl_private.turns, jsonb) from public;
