create table loacl_private.turn_steps (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  step integer not null,
  state text not null default 'running',
  model text not null,
  input jsonb not null default '[]',
  response_id text,
  provider_config_id uuid,
  provider_items jsonb not null default '[]',
  error_code text,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  usage_id uuid,
  constraint turn_steps_pkey primary key (turn_id, step),
  constraint turn_steps_step_positive check (step > 0),
  constraint turn_steps_state check (state in ('running', 'completed', 'stopped', 'cut', 'failed')),
  constraint turn_steps_input_array check (jsonb_typeof(input) = 'array'),
  constraint turn_steps_provider_items_array check (jsonb_typeof(provider_items) = 'array'),
  constraint turn_steps_ended_at_state check ((ended_at is null) = (state = 'running')),
  constraint turn_steps_error_code_state check ((error_code is not null) = (state = 'failed'))
);

create unique index turn_steps_one_running_idx on loacl_private.turn_steps (turn_id) where state = 'running';
comment on index loacl_private.turn_steps_one_running_idx is 'Holds: one running step per turn. Serves: finding it.';

alter table loacl_private.turn_steps enable row level security;
revoke all on table loacl_private.turn_steps from public, anon, authenticated, service_role;
comment on table loacl_private.turn_steps is
  'The steps of a turn: each is one call of the model. The next one is told what the earlier ones said and what was added since.';
comment on column loacl_private.turn_steps.step is 'Its number in the turn, 1 for the first.';
comment on column loacl_private.turn_steps.model is 'The model that was asked, and once the step has ended the one that answered.';
comment on column loacl_private.turn_steps.input is 'What was added to the model''s input before this step, such as results of tools: `InputItem[]`.';
comment on column loacl_private.turn_steps.response_id is 'The provider''s id of its response, for support.';
comment on column loacl_private.turn_steps.provider_config_id is
  'Who answered: the provider items are handed back to nobody else. It may be gone.';
comment on column loacl_private.turn_steps.usage_id is 'The row of usage_logs for its call, once that is settled. It may be gone.';
comment on column loacl_private.turn_steps.provider_items is 'The provider''s output items as they came, encrypted reasoning included.';
