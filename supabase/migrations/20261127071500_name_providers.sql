-- An assistant names its provider, in either wire format, a fallback and its models; the dearer of the two is reserved.

alter table loacl.provider_configs
  drop constraint provider_configs_provider,
  add constraint provider_configs_provider check (provider in ('openai', 'openai-chat'));
comment on column loacl.provider_configs.provider is 'Which wire format: openai is the Responses API, openai-chat Chat Completions. Part of the seal.';

alter table loacl.assistants
  add column provider_config_id uuid,
  add column fallback_provider_config_id uuid,
  add column fallback_model text,
  add column follow_up_model text,
  add column reasoning_effort text,
  add constraint assistants_fallback_model_length check (char_length(fallback_model) between 1 and 200),
  add constraint assistants_fallback_whole check ((fallback_provider_config_id is null) = (fallback_model is null)),
  add constraint assistants_follow_up_model_length check (char_length(follow_up_model) between 1 and 200),
  add constraint assistants_reasoning_effort check (
    reasoning_effort in ('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
  ),
  alter column fallback_model set statistics 0,
  alter column follow_up_model set statistics 0;
comment on column loacl.assistants.temperature is
  'null: the model''s own default, as for reasoning_effort. What a model refuses of these is left out.';
comment on column loacl.assistants.reasoning_effort is 'How long a model that reasons is to think.';
comment on column loacl.assistants.provider_config_id is
  'Where its model calls go, of its owner''s provider configs; null: the owner''s default one.';
comment on column loacl.assistants.fallback_provider_config_id is
  'Asked, for fallback_model, where the first provider is down before its first word; null: nobody. The budget reserves what the dearer of the two costs.';
comment on column loacl.assistants.follow_up_model is
  'Asked for titles and follow-up questions in place of model, at the same provider; null: model.';
grant insert (
  owner_id, name, description, greeting, model, provider_config_id, fallback_provider_config_id, fallback_model, follow_up_model,
  instructions, tools, temperature, reasoning_effort, max_output_tokens, context_token_budget,
  max_message_length, follow_ups, show_reasoning, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, paused_at, metadata
) on table loacl.assistants to authenticated;
grant update (
  name, description, greeting, model, provider_config_id, fallback_provider_config_id, fallback_model, follow_up_model,
  instructions, tools, temperature, reasoning_effort, max_output_tokens, context_token_budget,
  max_message_length, follow_ups, show_reasoning, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, paused_at, metadata
) on table loacl.assistants to authenticated;

-- On id and owner together: an assistant can name no other owner's. A config that is named can't be removed: its assistant
-- would go on with the owner's default, and tell another provider what visitors say. Checked last, for an owner who goes
-- takes both along.
alter table loacl.assistants
  add constraint assistants_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action,
  add constraint assistants_fallback_provider_config_fkey foreign key (fallback_provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action;
create index assistants_provider_config_id_idx on loacl.assistants (provider_config_id);
comment on index loacl.assistants_provider_config_id_idx is 'Serves: the deletion of a provider config.';
create index assistants_fallback_provider_config_id_idx on loacl.assistants (fallback_provider_config_id);
comment on index loacl.assistants_fallback_provider_config_id_idx is 'Serves: the deletion of a provider config.';

alter table loacl.thread_overrides
  add column temperature double precision,
  add column reasoning_effort text,
  add column max_output_tokens integer,
  add constraint thread_overrides_temperature_range check (temperature between 0 and 2),
  add constraint thread_overrides_reasoning_effort check (
    reasoning_effort in ('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
  ),
  add constraint thread_overrides_max_output_tokens_range check (max_output_tokens between 16 and 128000),
  alter column temperature set statistics 0,
  alter column max_output_tokens set statistics 0;
comment on column loacl.thread_overrides.model is 'null: the assistant''s, as for the next five.';
grant insert (
  thread_id, model, instructions, temperature, reasoning_effort, max_output_tokens, context_token_budget, auto_approval, metadata
) on table loacl.thread_overrides to authenticated;
grant update (
  model, instructions, temperature, reasoning_effort, max_output_tokens, context_token_budget, auto_approval, metadata
) on table loacl.thread_overrides to authenticated;

alter table loacl_private.turns add column provider_config_id uuid;
comment on column loacl_private.turns.provider_config_id is
  'Whom its calls go to; the fallback once that has answered. It may be gone. null: the turn is older than this column.';
comment on column loacl_private.turns.model is 'The model that was asked; the fallback''s once that has answered.';
alter table loacl_private.turn_steps add column provider_config_id uuid;
comment on column loacl_private.turn_steps.provider_config_id is
  'Who answered: the provider items are handed back to nobody else. It may be gone.';

alter table loacl.usage_logs
  add column provider_config_id uuid,
  drop constraint usage_logs_purpose,
  add constraint usage_logs_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation')
  );
comment on column loacl.usage_logs.purpose is 
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of a conversation that outgrew its window. moderation: of what was said.';
comment on column loacl.usage_logs.provider_config_id is
  'Who answered. It may be gone; null: the row is older than this column.';
alter table loacl_private.reservations
  drop constraint reservations_purpose,
  add constraint reservations_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation')
  );
comment on column loacl_private.reservations.purpose is 'As in usage_logs: a step makes at most one call of each, and only a turn''s last step the one for a title and follow-ups.';

create or replace function loacl_private.list_resources(assistant_id uuid)
returns jsonb
language sql
stable
security definer -- visitors read neither assistants nor resources
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', r.id, 'key', r.key, 'title', r.title, 'content', r.content)
      order by l.position, r.key
    ) filter (where r.id is not null),
    '[]'
  )
  -- By its id alone: this body would hold the names of all columns that the table has now.
  from (select (loacl_private.enter_assistant(list_resources.assistant_id, loacl_private.read_header('origin'))).id) a
  left join loacl.assistant_resources l on l.assistant_id = a.id and l.is_public
  left join loacl.resources r on r.id = l.resource_id;
end;
comment on function loacl_private.list_resources(uuid) is 'See loacl.list_resources.';
revoke all on function loacl_private.list_resources(uuid) from public;
grant execute on function loacl_private.list_resources(uuid) to anon, authenticated;

create or replace function loacl_private.apply_thread_overrides(assistant loacl.assistants, thread_id uuid)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  override loacl.thread_overrides;
begin
  select o.* into override from loacl.thread_overrides o where o.thread_id = apply_thread_overrides.thread_id;
  assistant.model := coalesce(override.model, assistant.model);
  assistant.instructions := coalesce(override.instructions, assistant.instructions);
  assistant.temperature := coalesce(override.temperature, assistant.temperature);
  assistant.reasoning_effort := coalesce(override.reasoning_effort, assistant.reasoning_effort);
  assistant.max_output_tokens := coalesce(override.max_output_tokens, assistant.max_output_tokens);
  assistant.context_token_budget := coalesce(override.context_token_budget, assistant.context_token_budget);
  return assistant;
end
$$;
comment on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) is 'The assistant with the overrides of one thread.';
revoke all on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) from public;

create or replace function loacl_private.to_sealed_secret(secret loacl_private.secrets)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object(
    'secretId', (secret).id,
    'configId', config.id,
    'keyId', (secret).key_id,
    'ciphertext', (secret).ciphertext,
    'purpose', (secret).purpose,
    'ownerId', (secret).owner_id,
    'provider', coalesce(config.provider, (secret).assistant_id::text, ''),
    'baseUrl', config.base_url
  )
  from (select) as always
  left join lateral (
    select p.id, p.provider, p.base_url
    from loacl.provider_configs p
    where p.secret_id = (secret).id and p.owner_id = (secret).owner_id
    order by p.created_at, p.id
    limit 1
  ) as config on true
);
comment on function loacl_private.to_sealed_secret(loacl_private.secrets) is
  'A secret as the functions open it: the ciphertext, and all that it is bound to. The `provider` of an identity secret is the id of its assistant, and it has no `configId`.';
revoke all on function loacl_private.to_sealed_secret(loacl_private.secrets) from public;

create or replace function loacl_private.read_provider_key(owner_id uuid, config_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'secret', loacl_private.to_sealed_secret(s),
    'model', (
      select case
        when a.provider_config_id is distinct from p.id and a.fallback_provider_config_id = p.id then a.fallback_model
        else a.model
      end
      from loacl.assistants a
      where a.owner_id = p.owner_id
      order by a.provider_config_id is not distinct from p.id desc, a.fallback_provider_config_id is not distinct from p.id desc,
        a.is_default desc, a.created_at
      limit 1
    )
  )
  from loacl.provider_configs p
  join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key'
  where p.owner_id = read_provider_key.owner_id
    and (p.id = read_provider_key.config_id or (read_provider_key.config_id is null and p.is_active))
  order by p.is_default desc, p.created_at, p.id
  limit 1;
end;
comment on function loacl_private.read_provider_key(uuid, uuid) is 'Does the work of loacl.read_provider_key.';
revoke all on function loacl_private.read_provider_key(uuid, uuid) from public;
grant execute on function loacl_private.read_provider_key(uuid, uuid) to service_role;

comment on function loacl.read_provider_key(uuid, uuid) is
  'For the functions: an owner''s sealed key and a model to try it with, that of an assistant which names it or else of the default one, `{secret, model}`; without `config_id` the key that turns use. null where there is none.';

drop function loacl.set_provider_key(uuid, text, text, uuid, text, text, text);
drop function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text);

create function loacl_private.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text,
  is_default boolean default true
)
returns uuid
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  config_id uuid;
begin
  perform loacl_private.lock_operator(set_provider_key.owner_id);
  insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
  values (
    set_provider_key.secret_id, set_provider_key.owner_id, 'provider_key',
    set_provider_key.key_id, set_provider_key.ciphertext
  );
  update loacl.provider_configs p
  set is_default = false
  where p.owner_id = set_provider_key.owner_id and p.is_default and set_provider_key.is_default
    and (p.provider, coalesce(p.base_url, '')) <> (set_provider_key.provider, coalesce(set_provider_key.base_url, ''));
  insert into loacl.provider_configs as p (owner_id, provider, base_url, secret_id, key_last_four, is_default)
  values (
    set_provider_key.owner_id, set_provider_key.provider, set_provider_key.base_url,
    set_provider_key.secret_id, set_provider_key.last_four, set_provider_key.is_default
  )
  on conflict on constraint provider_configs_owner_id_provider_base_url_key
  do update set secret_id = excluded.secret_id, key_last_four = excluded.key_last_four, is_active = true,
    is_default = p.is_default or excluded.is_default
  returning p.id into config_id;
  return config_id;
end
$$;
comment on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) is
  'Does the work of loacl.set_provider_key.';
revoke all on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) from public;
grant execute on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) to service_role;

create function loacl.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text,
  is_default boolean default true
)
returns uuid
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_provider_key(
  set_provider_key.owner_id,
  set_provider_key.provider,
  set_provider_key.base_url,
  set_provider_key.secret_id,
  set_provider_key.key_id,
  set_provider_key.ciphertext,
  set_provider_key.last_four,
  set_provider_key.is_default
);
comment on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) is
  'For the functions: keeps a key, sealed for a new `secret_id`, as the one that the owner''s next turns use, or, `is_default` false, for assistants that name it; and forgets the one it replaces. Returns the id of the provider config. Errors: not_operator.';
revoke all on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) from public;
grant execute on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) to service_role;

create function loacl_private.asked_model(turn loacl_private.turns, purpose text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if purpose not in ('title', 'follow_ups') then
    return turn.model;
  end if;
  return (
    select case
      -- It is a model of the first provider.
      when turn.provider_config_id = a.fallback_provider_config_id and turn.model = a.fallback_model then turn.model
      else coalesce(a.follow_up_model, turn.model)
    end
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = turn.thread_id
  );
end
$$;
comment on function loacl_private.asked_model(loacl_private.turns, text) is 'Which model a turn asks for this purpose.';
revoke all on function loacl_private.asked_model(loacl_private.turns, text) from public;

create or replace function loacl_private.log_usage(turn loacl_private.turns, step integer, purpose text, model text, usage jsonb)
returns loacl.usage_logs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  logged loacl.usage_logs;
  thread loacl.threads;
  owner_id uuid;
  answered_by text := coalesce(model, loacl_private.asked_model(turn, purpose));
  input_tokens bigint := coalesce((usage ->> 'inputTokens')::bigint, 0);
  cached_input_tokens bigint := coalesce((usage ->> 'cachedInputTokens')::bigint, 0);
  output_tokens bigint := coalesce((usage ->> 'outputTokens')::bigint, 0);
  reasoning_tokens bigint := coalesce((usage ->> 'reasoningTokens')::bigint, 0);
begin
  if jsonb_typeof(usage) is distinct from 'object' then
    return null;
  end if;
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.owner_id into owner_id from loacl.assistants a where a.id = thread.assistant_id;
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, step, purpose, provider, provider_config_id, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, is_estimate
  )
  values (
    owner_id, thread.assistant_id, thread.session_id, thread.id, step, purpose, turn.provider, turn.provider_config_id, answered_by,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    loacl_private.compute_cost(
      loacl_private.find_price(owner_id, answered_by), input_tokens, cached_input_tokens, output_tokens
    ),
    coalesce((usage ->> 'isEstimate')::boolean, false)
  )
  returning * into logged;
  return logged;
end
$$;
comment on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) is
  'Writes one row of usage_logs for a call of this turn and returns it; null where the usage is not known.';
revoke all on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) from public;

create or replace function loacl_private.estimate_usage(turn loacl_private.turns, step integer, purpose text, received_bytes bigint)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
  owner_id uuid;
  sent bigint;
begin
  select r.* into reserved
  from loacl_private.reservations r
  where r.turn_id = turn.id and r.step = estimate_usage.step and r.purpose = estimate_usage.purpose;
  if not found then
    return null;
  end if;
  select a.owner_id into owner_id from loacl.assistants a where a.id = reserved.assistant_id;
  sent := reserved.tokens - reserved.output_tokens;
  return jsonb_build_object('isEstimate', true) || case
    -- Else who stops each answer would pay for nothing of what the model thought.
    when loacl_private.reasons(owner_id, loacl_private.asked_model(turn, purpose))
      then jsonb_build_object('inputTokens', sent, 'outputTokens', reserved.output_tokens)
    -- As estimate_tokens: what is reserved is a token for each byte.
    else jsonb_build_object(
      'inputTokens', ceil(sent / 3.0)::bigint,
      'outputTokens', least(reserved.output_tokens, ceil(received_bytes / 3.0)::bigint)
    )
  end;
end
$$;
comment on function loacl_private.estimate_usage(loacl_private.turns, integer, text, bigint) is
  'What a call used of which the provider did not say it: a token for three bytes sent or received, or all that was reserved where the model reasons unseen. null where nothing is reserved for it.';
revoke all on function loacl_private.estimate_usage(loacl_private.turns, integer, text, bigint) from public;

create or replace function loacl_private.settle_call(
  turn loacl_private.turns, step integer, purpose text, model text, usage jsonb, received_bytes bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  -- Once: a worker asks again where an answer was lost, and a slow one comes after settle_turn.
  if not exists (
    select
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = settle_call.step and r.purpose = settle_call.purpose
  ) then
    return;
  end if;
  used := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
  if used.id is null then
    return;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens,
    -- The provider may name the model in a way that has no price: then the price of the model that was asked holds.
    coalesce(
      used.cost_usd,
      loacl_private.compute_cost(
        loacl_private.find_price(used.owner_id, loacl_private.asked_model(turn, purpose)), used.input_tokens, used.cached_input_tokens, used.output_tokens
      )
    )
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';
revoke all on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) from public;

create function loacl_private.bound_cost(owner_id uuid, models text[], input_tokens bigint, output_tokens bigint)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select case when bool_and(c.usd is not null) then max(c.usd) end
    from unnest(models) as m (model)
    cross join lateral loacl_private.find_price(owner_id, m.model) p
    cross join lateral (
      select greatest(
        loacl_private.compute_cost(p, input_tokens, 0, output_tokens),
        -- In an owner's price list cached input may be the dearer.
        loacl_private.compute_cost(p, input_tokens, input_tokens, output_tokens)
      ) as usd
    ) c
    where m.model is not null
  );
end
$$;
comment on function loacl_private.bound_cost(uuid, text[], bigint, bigint) is
  'US dollars that a call costs at most, whichever of these models answers it; null where one of them has no price.';
revoke all on function loacl_private.bound_cost(uuid, text[], bigint, bigint) from public;

create or replace function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric, output_tokens bigint)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with said as (
    select h.place, h.message ->> 'content' as content
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + sum(loacl_private.bound_tokens(s.content))::bigint + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select case when is_first_turn then 'title' else 'follow_ups' end, coalesce(assistant.follow_up_model, assistant.model),
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    loacl_private.bound_cost(assistant.owner_id, array[c.model, assistant.fallback_model], c.input, c.output),
    c.output::bigint
  from calls c;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers; `usd` null where a model has no price. `added_bytes`: what earlier steps added to the conversation, as JSON.';
revoke all on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) from public;

create or replace function loacl_private.release_follow_ups(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.settle_reservation(r.turn_id, r.step, r.purpose, 0, 0)
  from loacl_private.reservations r
  where r.turn_id = release_follow_ups.turn_id and r.purpose in ('title', 'follow_ups');
end
$$;
comment on function loacl_private.release_follow_ups(uuid) is
  'Gives back what a turn reserved for a title and follow-ups, where none are to come of its latest step.';
revoke all on function loacl_private.release_follow_ups(uuid) from public;

create or replace function loacl_private.settle_deleted()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
declare
  gone jsonb := to_jsonb(old);
  -- Where its owner goes as well, so do the budget and the usage.
  turn_ids uuid[] := array(
    select distinct t.id
    from loacl_private.reservations r
    join loacl_private.turns t on t.id = r.turn_id
    join loacl.threads thread on thread.id = t.thread_id
    join loacl.assistants a on a.id = r.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where r.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and old.id in (thread.id, thread.session_id, thread.assistant_id)
  );
begin
  -- Only what was answered to the end has follow-ups.
  perform loacl_private.release_follow_ups(t.id)
  from loacl_private.turns t
  where t.id = any (turn_ids) and t.state <> 'completed';
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null,
    case
      when r.purpose <> 'answer' then 0
      when t.ended_at is not null then octet_length(m.content)
      else (
        select coalesce(sum(octet_length(part ->> 'delta')), 0)
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = t.id and part ->> 'type' = 'text-delta'
      )
    end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = any (turn_ids);
  return old;
end
$$;
comment on function loacl_private.settle_deleted() is
  'Trigger: settles what the turns of a deleted row still reserve, by estimates. Their worker finds no turn any more that it could settle.';
revoke all on function loacl_private.settle_deleted() from public;

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

create or replace function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  content_before text := (select m.content from loacl.messages m where m.id = turn.message_id);
begin
  turn := loacl_private.take_fallback(turn, outcome);
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_config_id = turn.provider_config_id,
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.settle_call(
      turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage',
      octet_length(coalesce(outcome ->> 'content', '')) - octet_length(content_before)
        + coalesce(octet_length(loacl_private.take_reasoning(nullif(outcome -> 'parts', 'null'))::text), 0)
    );
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps the provider''s items, logs what the call used and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';
revoke all on function loacl_private.end_step(loacl_private.turns, jsonb) from public;

create function loacl_private.find_sealed_provider(config loacl.provider_configs)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_sealed_secret(s)
    from loacl_private.secrets s
    where s.id = config.secret_id and s.owner_id = config.owner_id and s.purpose = 'provider_key'
  );
end
$$;
comment on function loacl_private.find_sealed_provider(loacl.provider_configs) is 'A provider config with its sealed key; null where there is none.';
revoke all on function loacl_private.find_sealed_provider(loacl.provider_configs) from public;

create function loacl_private.find_provider(assistant loacl.assistants, turn loacl_private.turns default null)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  config loacl.provider_configs;
  fallback loacl.provider_configs;
  provider jsonb;
begin
  select p.* into config
  from loacl.provider_configs p
  where p.owner_id = assistant.owner_id and p.is_active
    and (assistant.provider_config_id is null or p.id in (assistant.provider_config_id, turn.provider_config_id))
  order by p.id is not distinct from turn.provider_config_id desc, p.is_default desc, p.created_at, p.id
  limit 1;
  provider := loacl_private.find_sealed_provider(config);
  if provider is null then
    perform loacl_private.raise_error(503, 'provider_key_missing', 'The owner of this assistant has not set a provider key.');
  end if;
  if (config.id, turn.model) is distinct from (assistant.fallback_provider_config_id, assistant.fallback_model) then
    select p.* into fallback
    from loacl.provider_configs p
    where p.id = assistant.fallback_provider_config_id and p.owner_id = assistant.owner_id and p.is_active;
  end if;
  return jsonb_build_object(
    'provider', provider,
    'fallback', (
      select jsonb_build_object('model', assistant.fallback_model, 'provider', f.provider)
      from (select loacl_private.find_sealed_provider(fallback) as provider) f
      where f.provider is not null
    )
  );
end
$$;
comment on function loacl_private.find_provider(loacl.assistants, loacl_private.turns) is
  'Where an assistant''s model calls go, and with which key: `{"provider", "fallback"}`. First whom a turn that goes on has asked, then whom the assistant names, or else its owner''s default. `fallback`: `{"model", "provider"}`, null where there is none, or it has answered already. Errors: provider_key_missing.';
revoke all on function loacl_private.find_provider(loacl.assistants, loacl_private.turns) from public;

create function loacl_private.to_open_turn(
  turn loacl_private.turns, assistant loacl.assistants, providers jsonb, history jsonb, is_first_turn boolean
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return providers || jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'isFirstTurn', is_first_turn,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'reasoningEffort', assistant.reasoning_effort,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups,
      'followUpModel', assistant.follow_up_model,
      'showReasoning', assistant.show_reasoning
    ),
    'history', history,
    'lastSeq', turn.last_seq,
    'stopRequested', turn.stop_requested_at is not null,
    'parts', (
      select coalesce(loacl_private.read_reasoned_parts(m), m.parts) from loacl.messages m where m.id = turn.message_id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('input', s.input, 'providerItems', s.provider_items, 'configId', s.provider_config_id)
          order by s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      where s.turn_id = turn.id and s.state <> 'running'
    )
  );
end
$$;
comment on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, jsonb, jsonb, boolean) is
  'A turn as its worker gets it, with all that its model calls need. `providers`: as find_provider gives them. `lastSeq`, `parts` and `steps`: what there is of it already, once it has waited.';
revoke all on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, jsonb, jsonb, boolean) from public;

create or replace function loacl_private.hand_out_turn(turn loacl_private.turns)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  providers jsonb;
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  providers := loacl_private.find_provider(assistant, turn);
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- The steps before were this model's.
  assistant.model := turn.model;
  return loacl_private.to_open_turn(
    turn, assistant, providers,
    loacl_private.read_history(turn.user_message_id, assistant.context_token_budget), thread.title is null
  );
end
$$;
comment on function loacl_private.hand_out_turn(loacl_private.turns) is
  'A turn that has begun already, as the worker that has its lease gets it. Errors: provider_key_missing.';
revoke all on function loacl_private.hand_out_turn(loacl_private.turns) from public;

create or replace function loacl_private.open_turn(
  request jsonb, assistant loacl.assistants, session loacl.sessions, thread loacl.threads, question loacl.messages, parent_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  providers jsonb := loacl_private.find_provider(assistant);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  history jsonb;
begin
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant, jsonb_build_array(jsonb_build_object('content', question.content)), thread.title is null, 0, null, null
  );

  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    update loacl.sessions s
    set last_active_at = now(),
      expires_at = case s.session_type when 'guest' then now() + interval '30 days' else s.expires_at end
    where s.id = session.id;
  end if;
  if assistant.fingerprint and request ->> 'fingerprint' is not null then
    fingerprint := loacl_private.remember_fingerprint(session, request ->> 'fingerprint');
  end if;
  perform loacl_private.check_rates(assistant, session.id, is_new_session, request ->> 'address', fingerprint);
  if thread.id is null then
    insert into loacl.threads (session_id, assistant_id, client_id)
    values (session.id, assistant.id, request ->> 'clientThreadId')
    returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active' where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
  returning * into answer;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, provider_config_id, model,
    created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    providers -> 'provider' ->> 'provider', (providers -> 'provider' ->> 'configId')::uuid, assistant.model, clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(question.id, assistant.context_token_budget);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, providers, history, thread.title is null);
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';
revoke all on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) from public;

create or replace function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  assistant loacl.assistants;
  is_taken_over boolean;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and not loacl_private.is_silent(turn)
    and (
      turn.state <> 'waiting'
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  assistant := loacl_private.enter_assistant((select t.assistant_id from loacl.threads t where t.id = turn.thread_id), null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  perform loacl_private.find_provider(assistant, turn);
  is_taken_over := turn.state = 'running' and turn.lease <> resume_turn.lease;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  if is_taken_over then
    -- The worker that fell silent may have called the model.
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.settle_call(turn, 1, 'answer', null, null, 0);
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  return loacl_private.hand_out_turn(turn);
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create or replace function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb, is_called boolean)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(save_follow_ups.turn_id, save_follow_ups.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
begin
  if turn.ended_at is null then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, or has not ended.');
  end if;

  update loacl.threads t
  set title = left(btrim(save_follow_ups.title), 200)
  where t.id = turn.thread_id and t.title is null and not loacl_private.is_blank(save_follow_ups.title);
  insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
  select m.id, m.thread_id, m.session_id, m.assistant_id, row_number() over (order by s.place), left(btrim(s.suggestion), 500)
  from loacl.messages m
  cross join unnest(save_follow_ups.suggestions) with ordinality as s (suggestion, place)
  where m.id = turn.message_id and not loacl_private.is_blank(s.suggestion) and s.place <= 10
  on conflict on constraint follow_up_suggestions_message_id_position_key do nothing;
  if is_called then
    perform loacl_private.settle_call(
      turn, last_step, r.purpose, usage ->> 'model', usage,
      octet_length(concat(save_follow_ups.title, array_to_string(save_follow_ups.suggestions, '')))
    )
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = last_step and r.purpose in ('title', 'follow_ups');
  else
    perform loacl_private.release_follow_ups(turn.id);
  end if;

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;
comment on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) is 'Does the work of loacl.save_follow_ups.';
revoke all on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) from public;
grant execute on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) to service_role;

drop function loacl_private.find_provider(uuid);
drop function loacl_private.to_open_turn(
  loacl_private.turns, loacl.assistants, loacl.provider_configs, loacl_private.secrets, jsonb, boolean
);
