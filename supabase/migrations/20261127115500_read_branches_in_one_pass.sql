-- A long conversation is read in one pass, and an answer that goes on is told with its question.

create or replace function loacl_private.estimate_tokens(content text)
returns integer
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (octet_length(content) + 2) / 3 + 4;
end
$$;
comment on function loacl_private.estimate_tokens(text) is
  'About how many tokens a message takes: one for three bytes of UTF-8, and four around it. On the high side for English (four letters a token), about right for scripts of three bytes a letter. thread_contexts has what a thread''s own calls say of it.';

create or replace function loacl_private.read_branch(message_id uuid, out ids uuid[], out tokens integer[])
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  next_id uuid := read_branch.message_id;
  has_refusals boolean := false;
  m record;
begin
  -- A message comes after the one that it follows, so one pass through the thread meets the whole branch.
  for m in
    select
      b.id, b.parent_id, b.role, b.error_code,
      case
        when b.id = read_branch.message_id
          or (b.status in ('completed', 'stopped', 'cut') and b.content <> '' and b.role <> 'system')
          -- As estimate_tokens.
          then (octet_length(b.content) + 2) / 3 + 4
        else 0
      end as tokens
    from loacl.messages asked
    join loacl.messages b on b.thread_id = asked.thread_id
    where asked.id = read_branch.message_id
    order by b.seq desc
  loop
    has_refusals := has_refusals or m.error_code is not distinct from 'input_flagged';
    continue when m.id <> next_id;
    if has_refusals and m.role = 'user' and m.id <> read_branch.message_id and loacl_private.is_refused_question(m.id) then
      m.tokens := 0;
    end if;
    ids := ids || m.id;
    tokens := tokens || m.tokens;
    next_id := m.parent_id;
    exit when next_id is null;
  end loop;
end
$$;
comment on function loacl_private.read_branch(uuid) is
  'The branch that ends in this message, newest first, with the estimated tokens of each message; 0 for what no model is told: system messages, questions that moderation refused, and answers that failed or said nothing.';

create function loacl_private.count_always_told(message_id uuid)
returns integer
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (select case m.role when 'assistant' then 2 else 1 end from loacl.messages m where m.id = count_always_told.message_id);
comment on function loacl_private.count_always_told(uuid) is
  'How many messages of the branch that ends in this one are told whatever the budget: the question, and the answer to it where that goes on.';
revoke all on function loacl_private.count_always_told(uuid) from public;

create or replace function loacl_private.read_context(
  thread_id uuid, message_id uuid, assistant loacl.assistants,
  out history jsonb, out tokens_whole bigint, out tokens_shortened bigint, out tokens_told bigint,
  out shortened_ids uuid[], out left_ids uuid[], out ratio numeric
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  limits record := loacl_private.limit_context(assistant, read_context.thread_id);
  branch record := loacl_private.read_branch(read_context.message_id);
  ids uuid[] := branch.ids;
  costs integer[] := branch.tokens;
  -- Of a message that is shortened.
  most_tokens integer := greatest(limits.tokens / 8, 100);
  summary loacl.context_optimizations;
  told_ids uuid[] := '{}';
  always_told integer := loacl_private.count_always_told(read_context.message_id);
begin
  ratio := limits.ratio;
  shortened_ids := '{}';
  left_ids := '{}';
  history := '[]';
  tokens_told := 0;
  tokens_whole := (select sum(c) from unnest(costs) as c);
  tokens_shortened := tokens_whole;

  if assistant.context_strategy = 'compression' then
    -- The oldest first. The latest question and answer stay as they are.
    for place in reverse cardinality(costs)..4 loop
      exit when tokens_shortened <= limits.tokens;
      if costs[place] > most_tokens then
        tokens_shortened := tokens_shortened - costs[place] + most_tokens;
        costs[place] := most_tokens;
        shortened_ids := shortened_ids || ids[place];
      end if;
    end loop;
  elsif assistant.context_strategy = 'summarization' and tokens_whole > limits.tokens then
    summary := loacl_private.find_summary(read_context.thread_id, ids);
    -- The budget may be smaller by now than it was made for.
    if loacl_private.estimate_summary(summary.summary) <= limits.tokens * 2 / 3 then
      history := loacl_private.tell_summary(summary.summary);
      tokens_told := loacl_private.estimate_summary(summary.summary);
    else
      summary := null;
    end if;
  end if;

  for place in 1..cardinality(costs) loop
    -- As far back as the summary, which covers what is next to it, or the budget goes.
    exit when ids[place] = summary.affected_messages[cardinality(summary.affected_messages)]
      or (place > always_told and tokens_told + costs[place] > limits.tokens);
    if costs[place] > 0 then
      told_ids := told_ids || ids[place];
      tokens_told := tokens_told + costs[place];
    end if;
  end loop;
  if cardinality(told_ids) < cardinality(ids) then
    left_ids := array(
      select b.id
      from unnest(ids, costs) with ordinality as b (id, cost, place)
      where b.cost > 0 and b.id not in (select unnest(told_ids) union all select unnest(summary.affected_messages))
      order by b.place desc
    );
  end if;

  history := history || (
    select jsonb_agg(
      jsonb_build_object(
        'role', m.role,
        'content', case when m.id = any (shortened_ids) then loacl_private.shorten_text(m.content, most_tokens) else m.content end
      )
      order by t.place desc
    )
    from unnest(told_ids) with ordinality as t (id, place)
    join loacl.messages m on m.id = t.id
  );
end
$$;
comment on function loacl_private.read_context(uuid, uuid, loacl.assistants) is
  'What the model is told of the branch that ends in this message, `history`, and what was done to make it fit. The message itself is always in, whole, and with an answer that goes on its question. Tokens are as estimate_tokens counts them: of the branch, of what is left of it once messages are shortened, and of what is told. Ids are oldest first.';

create or replace function loacl_private.shorten_history(turn_id uuid, lease uuid)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(shorten_history.turn_id, shorten_history.lease);
  assistant loacl.assistants;
  context record;
begin
  if turn.state <> 'running' then
    return null;
  end if;
  select a.* into assistant
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id;
  assistant := loacl_private.prepare_assistant(assistant, turn.thread_id);
  assistant.model := turn.model;
  context := loacl_private.read_context(turn.thread_id, loacl_private.last_told(turn), assistant);
  if jsonb_array_length(context.history) <= loacl_private.count_always_told(loacl_private.last_told(turn)) then
    return null;
  end if;
  insert into loacl_private.thread_contexts as c (thread_id, model, token_limit)
  values (turn.thread_id, turn.model, greatest(1, context.tokens_told / 2))
  on conflict on constraint thread_contexts_pkey do update
  set model = excluded.model,
    token_ratio = case when c.model = excluded.model then c.token_ratio end,
    token_limit = excluded.token_limit;
  perform loacl_private.tell_history(turn.thread_id, loacl_private.last_told(turn), assistant);
  return loacl_private.reserve_again(turn);
end
$$;
comment on function loacl_private.shorten_history(uuid, uuid) is 'Does the work of loacl.shorten_history.';

comment on function loacl.shorten_history(uuid, uuid) is
  'For the functions, where the provider says that a running turn''s call was too long: what the model is to be told of the conversation instead, half as much, which holds for the thread from then on; null where only the question is left, with the answer where that goes on. Errors: turn_lease_lost.';
