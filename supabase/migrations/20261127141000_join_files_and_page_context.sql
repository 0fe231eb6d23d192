-- Functions that two migrations have replaced, with what both put in: files, and what the page says.

-- Another has its name since files came.
drop function loacl_private.read_branch_request(jsonb, loacl.threads, uuid[]);

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
    select h.place, concat(h.message ->> 'content', h.message ->> 'context') as content,
      octet_length((h.message -> 'files')::text) + (
        select sum((f.file ->> 'weight')::bigint) from jsonb_array_elements(h.message -> 'files') as f (file)
      ) as file_bytes
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + loacl_private.bound_tools(assistant.id)
        + sum(loacl_private.bound_tokens(s.content) + coalesce(s.file_bytes, 0))::bigint + added_bytes,
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
  from calls c
  union all
  select 'tool', 0, case when bool_and(t.cost_usd is not null) then max(t.cost_usd) * loacl_private.max_hosted_calls() end, 0
  from loacl.assistant_tools t
  where t.assistant_id = assistant.id and t.kind = 'hosted' and t.is_active and t.cost_usd is distinct from 0
  having count(*) > 0;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers, and the fees of the hosted tools; `usd` null where a model or such a tool has no price. Files count as weigh_file says: how much a picture takes, no provider says before. `added_bytes`: what earlier steps added to the conversation, as JSON.';

create or replace function loacl_private.open_session(assistant_id uuid)
returns jsonb
language plpgsql
stable
security definer -- visitors read neither assistants nor sessions
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
  assistant loacl.assistants := loacl_private.enter_assistant(open_session.assistant_id, loacl_private.read_header('origin'));
  session loacl.sessions := loacl_private.enter_session(
    token_hash, assistant.id, loacl_private.find_live_user((select auth.jwt()))
  );
begin
  return jsonb_build_object(
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'name', assistant.name,
      'description', assistant.description,
      'greeting', assistant.greeting,
      'appearance', assistant.appearance,
      'maxMessageLength', assistant.max_message_length,
      'fingerprint', assistant.fingerprint,
      'pageContext', assistant.page_context,
      'imageHosts', assistant.image_hosts,
      'files', case when assistant.file_types <> '{}' then
        jsonb_build_object(
          'types', assistant.file_types, 'maxBytes', assistant.max_file_bytes, 'maxFiles', assistant.max_files_per_message
        )
      end
    ),
    'questions', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', q.id, 'question', q.question, 'category', q.category)
          order by q.priority desc, q.created_at, q.id
        ),
        '[]'
      )
      from loacl.guided_questions q
      where q.assistant_id = assistant.id and q.is_active
    ),
    'visitor', jsonb_build_object('sessionId', session.id, 'type', coalesce(session.session_type, 'guest')),
    'threads', loacl.list_threads(assistant.id)
  );
end
$$;
comment on function loacl_private.open_session(uuid) is 'Does the work of loacl.open_session.';

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
  told record;
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
    update loacl.threads t set last_message_at = now(), status = 'active', shown_message_id = null where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, context, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content, question.context, question.parts
    )
    returning * into question;
    perform loacl_private.attach_files(question);
  end if;
  if request ->> 'type' = 'continue' then
    answer := loacl_private.reopen_answer(request, thread.id);
  else
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
    values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
    returning * into answer;
  end if;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, provider_config_id, model,
    is_continuation, request_id, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    providers -> 'provider' ->> 'provider', (providers -> 'provider' ->> 'configId')::uuid, assistant.model,
    coalesce(request ->> 'type' = 'continue', false),
    case when request ->> 'type' in ('regenerate', 'continue') then request ->> 'id' end,
    clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  told := loacl_private.tell_history(thread.id, loacl_private.last_told(turn), assistant);
  perform loacl_private.end_left_turns(assistant.id, 5);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, told.history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, providers, told.history, thread.title is null) || told.wish;
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, or goes on with its answer, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: answer_not_cut, id_conflict, provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';

create or replace function loacl_private.read_branch_request(
  request jsonb, assistant loacl.assistants, thread loacl.threads, own_session_ids uuid[],
  out question loacl.messages, out joined loacl_private.turns
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  named loacl.messages;
begin
  select m.* into named
  from loacl.messages m
  where m.thread_id = thread.id
    and m.author = case request ->> 'type' when 'edit' then 'visitor' else 'assistant' end
    -- By either of its ids, as for a retry.
    and (m.client_id = request ->> 'messageId' or m.id::text = request ->> 'messageId');
  if request ->> 'type' = 'edit' and found then
    question := loacl_private.find_asked_message(request, own_session_ids);
    if question.id is null then
      question := loacl_private.compose_question(request, assistant, own_session_ids, named);
      question.parent_id := named.parent_id;
      question.context := named.context;
    elsif question.id = named.id or question.parent_id is distinct from named.parent_id then
      perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another message of yours.');
    else
      joined := loacl_private.find_joined_turn(request, question.id);
    end if;
    return;
  end if;

  select m.* into question from loacl.messages m where m.id = named.parent_id and m.role = 'user';
  if not found then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
  end if;
  select t.* into joined
  from loacl_private.turns t
  where t.thread_id = thread.id and t.request_id = request ->> 'id';
  if joined.user_message_id <> question.id
    or joined.is_continuation <> (request ->> 'type' = 'continue')
    or (joined.is_continuation and joined.message_id <> named.id)
  then
    perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another request of yours.');
  end if;
  if loacl_private.end_overdue_turn(joined.id) then
    select t.* into joined from loacl_private.turns t where t.id = joined.id;
  end if;
end
$$;
comment on function loacl_private.read_branch_request(jsonb, loacl.assistants, loacl.threads, uuid[]) is
  'What is asked by a request that makes a sibling of a message, or goes on with one (edit, regenerate, continue): the visitor''s message, without an `id` where it is not stored yet, and the turn that the request joins. The caller holds the thread. Errors: message_not_found, id_conflict, and those of find_file_parts.';

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
  page_context jsonb := loacl_private.tell_page_context(read_context.message_id, assistant);
  files jsonb := '{}';
  told_files record;
begin
  ratio := limits.ratio;
  shortened_ids := '{}';
  left_ids := '{}';
  history := '[]';
  tokens_told := coalesce(loacl_private.estimate_tokens(page_context::text), 0);
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
      tokens_told := tokens_told + loacl_private.estimate_summary(summary.summary);
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

  if exists (select from loacl.files f where f.thread_id = read_context.thread_id) then
    told_files := loacl_private.tell_files(told_ids, always_told, limits.tokens - tokens_told);
    files := told_files.files;
    tokens_told := tokens_told + told_files.tokens_told;
  end if;

  history := history || (
    select jsonb_agg(
      jsonb_build_object(
        'role', m.role,
        'content', case when m.id = any (shortened_ids) then loacl_private.shorten_text(m.content, most_tokens) else m.content end
      )
      || case when files ? m.id::text then jsonb_build_object('files', files -> m.id::text) else '{}' end
      order by t.place desc
    )
    from unnest(told_ids) with ordinality as t (id, place)
    join loacl.messages m on m.id = t.id
  );
  history := loacl_private.with_page_context(history, page_context, always_told);
end
$$;
comment on function loacl_private.read_context(uuid, uuid, loacl.assistants) is
  'What the model is told of the branch that ends in this message, `history`, and what was done to make it fit. The message itself is always in, whole, and with an answer that goes on its question; the question has the page context that came with it. A message that has files has them as tell_files gives them: what room the texts leave is theirs. Tokens are as estimate_tokens counts them: of the branch, of what is left of it once messages are shortened, and of what is told. Ids are oldest first.';

create or replace function loacl_private.read_question(
  request jsonb, assistant loacl.assistants, own_session_ids uuid[],
  out thread loacl.threads, out question loacl.messages, out joined loacl_private.turns
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  branching record;
begin
  if coalesce(request ->> 'type', 'message') in ('message', 'edit') then
    perform loacl_private.check_text(request, assistant.max_message_length);
    if loacl_private.is_blank(request ->> 'text') then
      request := request || '{"text": ""}';
    end if;
  end if;
  if request ->> 'threadId' is null then
    request := request || jsonb_build_object(
      'threadId', loacl_private.find_thread_id(request ->> 'clientThreadId', own_session_ids)
    );
  end if;
  if request ->> 'threadId' is not null then
    thread := loacl_private.lock_thread((request ->> 'threadId')::uuid, assistant.id, own_session_ids);
  end if;
  if request ->> 'type' in ('edit', 'regenerate', 'continue') then
    branching := loacl_private.read_branch_request(request, assistant, thread, own_session_ids);
    question := branching.question;
    joined := branching.joined;
    return;
  end if;
  question := loacl_private.find_asked_message(request, own_session_ids);
  if question.id is not null then
    joined := loacl_private.find_joined_turn(request, question.id);
  else
    question := loacl_private.compose_question(request, assistant, own_session_ids);
    question.context := loacl_private.read_page_context(request, assistant);
  end if;
end
$$;
comment on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) is
  'What is asked: the thread, null where one is to be made, locked otherwise; the visitor''s message, without an `id` where it is not stored yet; and the turn that the request joins, null where one is to begin. Errors: invalid_body, text_required, text_too_long, context_invalid, thread_not_found, message_not_found, id_conflict, files_unsupported, too_many_files, upload_incomplete, file_not_found.';

comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `lease`: which the worker that asks makes; with the same one it is safe to repeat. `fingerprint`: the visitor''s browser''s, where they sent one. `clientThreadId`, in place of `threadId`: either id of a thread of theirs, or the client id of the one to begin. `context`: what the page says that the visitor is looking at. `parentId`: the message that it follows; the latest, if it is given. `files`: the ids of completed uploads, whose parts stand before the text. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, context_invalid, files_unsupported, too_many_files, upload_incomplete, file_not_found, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';
