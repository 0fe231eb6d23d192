-- A question that was stopped, or whose worker was lost, before moderation had checked it, is told no model later.
create function loacl_private.shows_verdict(answer loacl.messages)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (answer).status in ('completed', 'waiting')
  or (answer).content <> ''
  or (answer).parts <> '[]'
  or coalesce((answer).error_code in ('input_flagged', 'output_flagged') or (answer).error_code like 'model\_%', false);
comment on function loacl_private.shows_verdict(loacl.messages) is
  'Whether an answer shows that its question was checked to the end, where questions are: it was refused, or a model was asked. Of one that was stopped, or whose worker was lost, before anything was said nobody knows.';
revoke all on function loacl_private.shows_verdict(loacl.messages) from public;

create function loacl_private.is_withheld_question(message_id uuid, is_moderated boolean)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.error_code is not distinct from 'input_flagged'
    from loacl.messages a
    where a.parent_id = is_withheld_question.message_id and a.role = 'assistant' and loacl_private.shows_verdict(a)
    order by a.seq desc
    limit 1
  ),
  is_withheld_question.is_moderated
);
comment on function loacl_private.is_withheld_question(uuid, boolean) is
  'Whether no model is told of a visitor''s message later: moderation has flagged it when it was last checked, or, where messages are moderated, it was never checked to the end.';
revoke all on function loacl_private.is_withheld_question(uuid, boolean) from public;

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
  is_moderated boolean := exists (
    select from loacl.messages m join loacl.assistants a on a.id = m.assistant_id where m.id = read_branch.message_id and a.moderates_input
  );
  has_files boolean := exists (
    select from loacl.messages m join loacl.files f on f.thread_id = m.thread_id where m.id = read_branch.message_id
  );
  m record;
begin
  -- A message comes after the one that it follows, so one pass through the thread meets the whole branch.
  for m in
    select
      b.id, b.parent_id, b.role, b.error_code,
      case
        when b.id = read_branch.message_id
          or (b.status in ('completed', 'stopped', 'cut') and b.content <> '' and b.role <> 'system')
          or (has_files and b.author = 'visitor' and b.parts -> 0 ->> 'type' = 'file')
          -- As estimate_tokens, with the names of files.
          then (
            octet_length(b.content) + 2 + case
              when has_files and b.author = 'visitor' and b.parts -> 0 ->> 'type' = 'file'
                then octet_length(b.parts::text) - octet_length(b.content)
              else 0
            end
          ) / 3 + 4
        else 0
      end as tokens
    from loacl.messages asked
    join loacl.messages b on b.thread_id = asked.thread_id
    where asked.id = read_branch.message_id
    order by b.seq desc
  loop
    has_refusals := has_refusals or m.error_code is not distinct from 'input_flagged';
    continue when m.id <> next_id;
    if (has_refusals or is_moderated) and m.role = 'user' and m.id <> read_branch.message_id
      and loacl_private.is_withheld_question(m.id, is_moderated)
    then
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
  'The branch that ends in this message, newest first, with the estimated tokens of each message; 0 for what no model is told: system messages, questions that moderation refused or never checked to the end, and answers that failed or said nothing.';

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
    and not (m.role = 'user' and loacl_private.is_withheld_question(m.id, false))
);

drop function loacl_private.is_refused_question(uuid);
