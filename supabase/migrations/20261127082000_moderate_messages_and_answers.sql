alter table loacl.assistants
  add column moderates_input boolean not null default false,
  add column moderates_output boolean not null default false,
  add column moderation_fails_open boolean not null default false,
  add column moderation_model text not null default 'omni-moderation-latest',
  add column moderation_provider_config_id uuid,
  add constraint assistants_moderation_model_length check (char_length(moderation_model) between 1 and 200),
  alter column moderation_model set statistics 0;
comment on column loacl.assistants.moderates_input is
  'Whether what visitors write is moderated before the model is asked. What is flagged gets no answer.';
comment on column loacl.assistants.moderates_output is
  'Whether answers are moderated, while they come and at their end. One that is flagged is withdrawn, and its text is kept nowhere.';
comment on column loacl.assistants.moderation_fails_open is
  'Whether a message or an answer that could not be moderated is let through. Otherwise it is refused.';
comment on column loacl.assistants.moderation_model is 'Asked by POST /moderations.';
comment on column loacl.assistants.moderation_provider_config_id is
  'Where it is asked, and with which key: one of the owner''s. null: where the assistant''s model is.';
grant insert (moderates_input, moderates_output, moderation_fails_open, moderation_model, moderation_provider_config_id) on table loacl.assistants to authenticated;
grant update (moderates_input, moderates_output, moderation_fails_open, moderation_model, moderation_provider_config_id) on table loacl.assistants to authenticated;

comment on column loacl.usage_logs.purpose is
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of what a conversation has outgrown. moderation: the checks of a turn, together.';

comment on table loacl.usage_logs is
  'One row per model call, and one for the moderation of a turn: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';

insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (null, 'omni-moderation-latest', 0, 0)
on conflict on constraint model_prices_owner_id_model_key do nothing;

create table loacl.moderation_flags (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  direction text not null,
  categories text[] not null default '{}',
  model text not null,
  created_at timestamptz not null default now(),
  constraint moderation_flags_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint moderation_flags_direction check (direction in ('input', 'output')),
  constraint moderation_flags_categories_count check (cardinality(categories) <= 50),
  constraint moderation_flags_model_length check (char_length(model) between 1 and 200)
);

create index moderation_flags_message_id_idx on loacl.moderation_flags (message_id);
comment on index loacl.moderation_flags_message_id_idx is 'Serves: those of a message; the deletion of a message.';
create index moderation_flags_thread_id_idx on loacl.moderation_flags (thread_id);
comment on index loacl.moderation_flags_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index moderation_flags_assistant_id_created_at_idx on loacl.moderation_flags (assistant_id, created_at desc);
comment on index loacl.moderation_flags_assistant_id_created_at_idx is 'Serves: an operator''s latest flags.';

create trigger moderation_flags_set_place before insert on loacl.moderation_flags
  for each row execute function loacl_private.set_place_from_message();

alter table loacl.moderation_flags enable row level security;
revoke all on table loacl.moderation_flags from public, anon, authenticated, service_role;
grant select on table loacl.moderation_flags to authenticated;
grant select, insert, update, delete on table loacl.moderation_flags to service_role;
comment on table loacl.moderation_flags is
  'Messages that moderation has flagged. Operators see those of their assistants; only the functions write, and visitors never read it. Of an answer this is all that is left, with its time and its cost.';
comment on column loacl.moderation_flags.message_id is 'The visitor''s message, or the answer that was withdrawn.';
comment on column loacl.moderation_flags.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.moderation_flags.direction is 'input: what the visitor wrote. output: what the model did.';
comment on column loacl.moderation_flags.categories is 'As the provider names them; none where it named none.';
comment on column loacl.moderation_flags.model is 'The moderation model that was asked.';

create policy moderation_flags_select_own on loacl.moderation_flags for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

alter table loacl.moderation_flags
  alter column categories set statistics 0,
  alter column model set statistics 0;

-- As the configs in assistant_providers.sql: one that is named can't be removed.
alter table loacl.assistants
  add constraint assistants_moderation_provider_config_fkey foreign key (moderation_provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action;
create index assistants_moderation_provider_config_id_idx on loacl.assistants (moderation_provider_config_id);
comment on index loacl.assistants_moderation_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create function loacl_private.find_moderation(assistant loacl.assistants)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not assistant.moderates_input and not assistant.moderates_output then
    return null;
  end if;
  return jsonb_build_object(
    'input', assistant.moderates_input,
    'output', assistant.moderates_output,
    'failsOpen', assistant.moderation_fails_open,
    'model', assistant.moderation_model,
    'hasProvider', assistant.moderation_provider_config_id is not null,
    'provider', (
      select loacl_private.find_sealed_provider(p)
      from loacl.provider_configs p
      where p.id = assistant.moderation_provider_config_id and p.owner_id = assistant.owner_id and p.is_active
    )
  );
end
$$;
comment on function loacl_private.find_moderation(loacl.assistants) is
  'What of an assistant''s conversations is moderated, by which model, at a provider of its own (`hasProvider`; `provider` is null where that is switched off) or at the assistant''s; null where nothing is.';
revoke all on function loacl_private.find_moderation(loacl.assistants) from public;

-- An answer that moderation refuses holds nothing, whoever writes it and however late: the message's error code says so, and
-- what else is kept of an answer is deleted with it and not stored again.

create function loacl_private.empty_withdrawn_answer()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.content := '';
  new.parts := '[]';
  return new;
end
$$;
comment on function loacl_private.empty_withdrawn_answer() is 'Trigger: an answer that moderation refuses has no text and no parts.';
revoke all on function loacl_private.empty_withdrawn_answer() from public;

create trigger messages_empty_withdrawn before insert or update on loacl.messages
  for each row when (new.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable'))
  execute function loacl_private.empty_withdrawn_answer();

create function loacl_private.withdraw_answer()
returns trigger
language plpgsql
volatile
security definer -- whoever ends a turn has no rights on all that an answer leaves
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.turn_chunks c using loacl_private.turns t where t.message_id = new.id and c.turn_id = t.id;
  update loacl_private.turns t set is_folded = true where t.message_id = new.id and not t.is_folded;
  update loacl_private.turn_steps s
  set input = '[]', provider_items = '[]'
  from loacl_private.turns t
  where t.message_id = new.id and s.turn_id = t.id and (s.input <> '[]' or s.provider_items <> '[]');
  update loacl.tool_executions e set parameters = '{}', result = null where e.message_id = new.id;
  delete from loacl_private.message_internals i where i.message_id = new.id;
  delete from loacl.message_annotations a where a.message_id = new.id;
  delete from loacl.follow_up_suggestions f where f.message_id = new.id;
  delete from loacl.context_optimizations c
  where c.thread_id = new.thread_id
    and (
      new.id = any (c.affected_messages)
      or (new.error_code = 'input_flagged' and new.parent_id = any (c.affected_messages))
    );
  return null;
end
$$;
comment on function loacl_private.withdraw_answer() is
  'Trigger: deletes what was streamed, reasoned, cited, suggested and summarised of an answer that moderation refuses, and the provider''s items of its steps; of a message that it refuses, what was summarised.';
revoke all on function loacl_private.withdraw_answer() from public;

create trigger messages_withdraw after update of error_code on loacl.messages
  for each row when (
    new.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable')
    and new.error_code is distinct from old.error_code
  )
  execute function loacl_private.withdraw_answer();

create function loacl_private.is_withdrawn(message_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return exists (
  select
  from loacl.messages m
  where m.id = is_withdrawn.message_id and m.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable')
);
comment on function loacl_private.is_withdrawn(uuid) is 'Whether an answer was refused by moderation: nothing of it is stored any more.';
revoke all on function loacl_private.is_withdrawn(uuid) from public;

create function loacl_private.keep_off_withdrawn_answer()
returns trigger
language plpgsql
volatile
security definer -- the functions write these tables and have no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when loacl_private.is_withdrawn(new.message_id) then null else new end;
end
$$;
comment on function loacl_private.keep_off_withdrawn_answer() is
  'Trigger: nothing is added to an answer that moderation refuses, by a worker that comes late.';
revoke all on function loacl_private.keep_off_withdrawn_answer() from public;

create trigger message_internals_keep_off_withdrawn before insert or update on loacl_private.message_internals
  for each row execute function loacl_private.keep_off_withdrawn_answer();
create trigger message_annotations_keep_off_withdrawn before insert on loacl.message_annotations
  for each row execute function loacl_private.keep_off_withdrawn_answer();
create trigger follow_up_suggestions_keep_off_withdrawn before insert on loacl.follow_up_suggestions
  for each row execute function loacl_private.keep_off_withdrawn_answer();

create function loacl_private.is_unchecked(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return exists (
    select
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = (turn).thread_id and a.moderates_output and not a.moderation_fails_open
  )
  and (
    select coalesce(string_agg(coalesce(p.part ->> 'delta', p.part ->> 'sourceId'), '' order by c.seq, p.place), '')
    from loacl_private.turn_chunks c
    cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
    where c.turn_id = (turn).id
  ) <> (
    select coalesce(string_agg(coalesce(p.part ->> 'text', p.part ->> 'sourceId'), '' order by p.place), '')
    from loacl.messages m
    cross join jsonb_array_elements(coalesce(loacl_private.read_reasoned_parts(m), m.parts)) with ordinality as p (part, place)
    where m.id = (turn).message_id
  );
comment on function loacl_private.is_unchecked(loacl_private.turns) is
  'Whether a turn whose worker has gone has said something that is to be moderated: nobody has checked it to its end. What the message holds already was checked: of earlier steps, or of an answer that goes on.';
revoke all on function loacl_private.is_unchecked(loacl_private.turns) from public;

create function loacl_private.keep_moderation(turn loacl_private.turns, result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
  budget loacl_private.budgets;
begin
  if jsonb_typeof(result) is distinct from 'object' then
    return;
  end if;
  insert into loacl.moderation_flags (message_id, direction, categories, model)
  select
    case f.flag ->> 'direction' when 'input' then turn.user_message_id else turn.message_id end,
    f.flag ->> 'direction',
    array(
      select left(c.name, 100) from jsonb_array_elements_text(f.flag -> 'categories') with ordinality as c (name, place)
      where c.place <= 50 order by c.place
    ),
    result ->> 'model'
  from jsonb_array_elements(result -> 'flags') as f (flag);

  -- Whom it asked, which need not be whom the turn asks.
  turn.provider_config_id := (result ->> 'configId')::uuid;
  turn.provider := coalesce((select p.provider from loacl.provider_configs p where p.id = turn.provider_config_id), turn.provider);
  used := loacl_private.log_usage(
    turn, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id), 'moderation', result ->> 'model',
    result -> 'usage'
  );
  -- Nothing is reserved for it: the check is asked before anybody knows what it costs, and at OpenAI it costs nothing.
  if used.cost_usd > 0 then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = used.assistant_id for no key update;
    budget := loacl_private.add_to_budget(budget, 0, used.cost_usd);
    update loacl_private.budgets b
    set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
    where b.assistant_id = used.assistant_id;
  end if;
end
$$;
comment on function loacl_private.keep_moderation(loacl_private.turns, jsonb) is
  'Keeps what the moderation of a turn flagged, and what it used: `{"configId", "model", "flags": [{"direction", "categories"}], "usage"}`; null where nothing was moderated. Its checks are one row of usage_logs, and what they cost counts in the budget.';
revoke all on function loacl_private.keep_moderation(loacl_private.turns, jsonb) from public;

create function loacl_private.is_refused_question(message_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.error_code = 'input_flagged'
    from loacl.messages a
    where a.parent_id = is_refused_question.message_id and a.role = 'assistant'
    order by a.seq desc
    limit 1
  ),
  false
);
comment on function loacl_private.is_refused_question(uuid) is
  'Whether moderation has flagged a visitor''s message when it was last asked: no model is told of it.';
revoke all on function loacl_private.is_refused_question(uuid) from public;

create or replace function loacl_private.to_open_turn(
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
    'moderation', loacl_private.find_moderation(assistant),
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

create or replace function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(finish_turn.turn_id, finish_turn.lease);
begin
  if turn.state <> 'running' or outcome ->> 'state' in ('running', 'waiting') then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  perform loacl_private.end_turn(turn.id, outcome);
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  -- Only what was answered to the end has follow-ups.
  if outcome ->> 'state' <> 'completed' then
    perform loacl_private.release_follow_ups(turn.id);
  end if;
end
$$;

comment on function loacl.finish_turn(uuid, uuid, jsonb) is
  'For the functions: ends a turn with its last step, once, and stores the answer, the provider''s items, and the usage with its cost, that of moderation included. Errors: turn_lease_lost.';

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
  if turn.ended_at is null or loacl_private.is_withdrawn(turn.message_id) then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, has not ended, or was refused.');
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

create or replace function loacl_private.read_branch(message_id uuid, out ids uuid[], out tokens integer[])
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  with recursive branch as (
    select m.id, m.parent_id, 1 as place, loacl_private.estimate_tokens(m.content) as tokens
    from loacl.messages m
    where m.id = read_branch.message_id
    union all
    select m.id, m.parent_id, b.place + 1,
      case
        when m.status in ('completed', 'stopped', 'cut') and m.content <> '' and m.role <> 'system'
          and not (m.role = 'user' and loacl_private.is_refused_question(m.id))
          then loacl_private.estimate_tokens(m.content)
        else 0
      end
    from branch b
    join loacl.messages m on m.id = b.parent_id
  )
  select array_agg(b.id order by b.place), array_agg(b.tokens order by b.place) into ids, tokens from branch b;
end
$$;
comment on function loacl_private.read_branch(uuid) is
  'The branch that ends in this message, newest first, with the estimated tokens of each message; 0 for what no model is told: system messages, questions that moderation refused, and answers that failed or said nothing.';

create or replace function loacl_private.digest_messages(thread_id uuid, message_ids uuid[])
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select encode(sha256(convert_to(string_agg(m.id || md5(m.content), '' order by m.id), 'UTF8')), 'hex')
  from loacl.messages m
  where m.id = any (message_ids) and m.thread_id = digest_messages.thread_id
    and not (m.role = 'user' and loacl_private.is_refused_question(m.id))
);
comment on function loacl_private.digest_messages(uuid, uuid[]) is 'Is another once one of these messages of a thread has gone, says something else, or is a question that moderation has refused.';

create or replace function loacl_private.end_overdue_turn(turn_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  answer_text text;
begin
  if not exists (
    select
    from loacl_private.turns t
    where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  ) then
    return false;
  end if;
  -- The thread before the turn, as whoever ends it: the log of the thread waits for it.
  perform loacl_private.lock_turn(end_overdue_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  for update;
  if not found then
    return false;
  end if;
  if turn.state = 'waiting' then
    return loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "time_limit"}');
  end if;
  if loacl_private.is_unchecked(turn) then
    return loacl_private.end_turn(turn.id, '{"state": "failed", "errorCode": "moderation_unavailable"}');
  end if;

  -- Somebody has read what was streamed, so it is kept: its text here, up to the longest message that is allowed, and the rest
  -- by a function, which knows how parts fold. If this failed, every later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  update loacl_private.turns t
  set is_folded = not exists (select from loacl_private.turn_chunks c where c.turn_id = t.id)
  where t.id = turn.id;
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    -- Who has stopped it got what they wanted.
    'state', case when turn.stop_requested_at is null then 'failed' else 'stopped' end,
    'errorCode', 'turn_abandoned',
    -- Of nothing that was streamed the answer stays as it was, where it was to go on.
    'content', nullif(answer_text, ''),
    'parts', case when answer_text <> '' then jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;

create or replace function loacl_private.export_message(message loacl.messages, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  suggestions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', f.id,
        'suggestion', f.suggestion,
        'used', f.used_at is not null,
        'usedAt', f.used_at,
        'metadata', f.metadata
      )
      order by f.position
    )
    from loacl.follow_up_suggestions f
    where f.message_id = message.id
  );
  annotations jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'type', a.type,
        'text', a.text,
        'title', a.title,
        'url', a.url,
        'fileId', a.file_id,
        'quote', a.quote,
        'startIndex', a.start_index,
        'endIndex', a.end_index
      )
      order by a.position
    )
    from loacl.message_annotations a
    where a.message_id = message.id
  );
  exported jsonb := loacl_private.to_message(
    message, true, suggestions, loacl_private.read_reasoned_parts(message)
  ) || jsonb_build_object(
    'parentId', message.parent_id,
    'model', message.model,
    'metadata', message.metadata,
    'annotations', coalesce(annotations, '[]'),
    'feedback', (
      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
      from loacl.message_feedback f
      where f.message_id = message.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'moderationFlags', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'direction', g.direction, 'categories', g.categories, 'model', g.model, 'createdAt', g.created_at
          )
          order by g.created_at, g.id
        ),
        '[]'
      )
      from loacl.moderation_flags g
      where g.message_id = message.id
    ),
    'toolCalls', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'callId', e.call_id,
            'toolName', e.tool_name,
            'parameters', e.parameters,
            'result', e.result,
            'status', e.status,
            'errorMessage', e.error_message,
            'costUsd', e.cost_usd,
            'metadata', e.metadata,
            'createdAt', e.created_at
          )
          order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'step', s.step,
            'state', s.state,
            'model', s.model,
            'input', s.input,
            'responseId', s.response_id,
            'providerItems', s.provider_items,
            'errorCode', s.error_code,
            'createdAt', s.created_at,
            'endedAt', s.ended_at
          )
          order by r.created_at, s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      join loacl_private.turns r on r.id = s.turn_id
      where r.message_id = message.id
    ),
    'reasoning', (
      select i.reasoning from loacl_private.message_internals i where i.message_id = message.id
    ),
    'internalMetadata', (
      select i.metadata from loacl_private.message_internals i where i.message_id = message.id
    )
  );
end
$$;
