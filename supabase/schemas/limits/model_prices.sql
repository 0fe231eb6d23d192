create table loacl.model_prices (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid default auth.uid() references auth.users (id) on delete cascade,
  model text not null,
  input_usd numeric not null,
  cached_input_usd numeric,
  output_usd numeric not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  context_window integer,
  constraint model_prices_owner_id_model_key unique nulls not distinct (owner_id, model),
  constraint model_prices_model_length check (char_length(model) between 1 and 200),
  constraint model_prices_context_window_positive check (context_window >= 0),
  constraint model_prices_positive check (input_usd >= 0 and cached_input_usd >= 0 and output_usd >= 0),
  -- Settling a call at an infinite price would leave NaN in the budget, which would count as used up until the month ends.
  constraint model_prices_finite check (input_usd < 'infinity' and cached_input_usd < 'infinity' and output_usd < 'infinity')
);

create trigger model_prices_set_updated_at before update on loacl.model_prices
  for each row execute function loacl_private.set_updated_at();

alter table loacl.model_prices enable row level security;
revoke all on table loacl.model_prices from public, anon, authenticated, service_role;
grant select, delete on table loacl.model_prices to authenticated;
grant insert (owner_id, model, input_usd, cached_input_usd, output_usd, context_window) on table loacl.model_prices to authenticated;
grant update (model, input_usd, cached_input_usd, output_usd, context_window) on table loacl.model_prices to authenticated;
grant select, insert, update, delete on table loacl.model_prices to service_role;
comment on table loacl.model_prices is
  'What models cost, in US dollars per million tokens, and how much they read. Operators see the shared rows and set rows of their own, which win.';
comment on column loacl.model_prices.owner_id is 'null: shared by all, as it came with LOACL.';
comment on column loacl.model_prices.model is 'As the provider names it, without the date of a snapshot unless that one costs otherwise.';
comment on column loacl.model_prices.cached_input_usd is 'null: cached input costs what other input does.';
comment on column loacl.model_prices.context_window is 'Most tokens of one call, in and out. null or 0: not known.';

create policy model_prices_select_own on loacl.model_prices for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[])
    or owner_id is null and (select loacl_private.own_team_ids()) <> '{}');
create policy model_prices_insert_own on loacl.model_prices for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy model_prices_update_own on loacl.model_prices for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy model_prices_delete_own on loacl.model_prices for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

-- List prices of November 2026.
insert into loacl.model_prices (model, input_usd, cached_input_usd, output_usd) values
  ('gpt-6-astra', 10, 1, 50),
  ('gpt-6.1-sol', 2, 0.10, 10),
  ('gpt-6.1-terra', 1, 0.05, 5),
  ('gpt-6-luna', 0.10, 0.01, 0.50),
  ('gpt-5.6-sol', 4, 0.4, 20),
  ('gpt-5.6-terra', 2, 0.2, 12),
  ('gpt-5.6-luna', 0.2, 0.02, 1.2),
  ('gpt-5.4', 2.5, 0.25, 15),
  ('gpt-5.4-mini', 0.75, 0.075, 4.5),
  ('gpt-5.4-nano', 0.2, 0.02, 1.25),
  ('omni-moderation-latest', 0, null, 0);
