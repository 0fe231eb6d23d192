-- The model is told by name of a file that an operator has deleted, and of a page's context with its question alone.

create or replace function loacl_private.tell_files(
  message_ids uuid[], always_told integer, tokens_left bigint, out files jsonb, out tokens_told bigint
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  bytes_left bigint := 20 * 1024 * 1024;
  tokens bigint;
  is_told boolean;
  f record;
begin
  files := '{}';
  tokens_told := 0;
  for f in
    select
      m.id as message_id, i.place as message_place, p.part ->> 'filename' as name, p.part ->> 'mediaType' as mime_type,
      coalesce(file.size_bytes, 0) as size_bytes, o.storage_path, loacl_private.weigh_file(file.mime_type, file.size_bytes) as weight
    from unnest(message_ids) with ordinality as i (id, place)
    join loacl.messages m on m.id = i.id and m.author = 'visitor'
    cross join jsonb_array_elements(m.parts) with ordinality as p (part, place)
    -- An operator may have deleted it.
    left join loacl.files file
      on file.id = (loacl_private.list_file_ids(jsonb_build_array(p.part)))[1] and file.assistant_id = m.assistant_id
    left join loacl.file_objects o on o.id = file.object_id
    where p.part ->> 'type' = 'file'
    order by i.place, p.place
  loop
    tokens := f.weight / 3;
    is_told := f.storage_path is not null and f.size_bytes <= bytes_left
      and (f.message_place <= always_told or tokens <= tokens_left - tokens_told);
    if is_told then
      bytes_left := bytes_left - f.size_bytes;
      tokens_told := tokens_told + tokens;
    end if;
    files := files || jsonb_build_object(
      f.message_id::text,
      coalesce(files -> f.message_id::text, '[]') || jsonb_build_array(jsonb_build_object(
        'name', f.name,
        'mediaType', f.mime_type,
        'size', f.size_bytes,
        'path', case when is_told then f.storage_path end,
        'weight', case when is_told then f.weight else 0 end
      ))
    );
  end loop;
end
$$;
comment on function loacl_private.tell_files(uuid[], integer, bigint) is
  'The files of messages, newest first, by the message''s id, as a history has them: `{name, mediaType, size, path, weight}`. Where `path` is null the model is told of it by name alone: it was deleted, or there is no room: that is for 20 MB and for so many tokens. Those of the first `always_told` messages are told whatever the tokens.';

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
  files jsonb;
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

  told_files := loacl_private.tell_files(told_ids, always_told, limits.tokens - tokens_told);
  files := told_files.files;
  tokens_told := tokens_told + told_files.tokens_told;

  history := history || (
    select jsonb_agg(
      jsonb_build_object(
        'role', m.role,
        'content', case when m.id = any (shortened_ids) then loacl_private.shorten_text(m.content, most_tokens) else m.content end
      )
      || case when files ? m.id::text then jsonb_build_object('files', files -> m.id::text) else '{}' end
      || case
        when page_context is not null and m.role = 'user' and m.id = any (ids[:always_told])
          then jsonb_build_object('context', page_context)
        else '{}'
      end
      order by t.place desc
    )
    from unnest(told_ids) with ordinality as t (id, place)
    join loacl.messages m on m.id = t.id
  );
end
$$;
comment on function loacl_private.read_context(uuid, uuid, loacl.assistants) is
  'What the model is told of the branch that ends in this message, `history`, and what was done to make it fit. The message itself is always in, whole, and with an answer that goes on its question; the question has the page context that came with it. A message that has files has them as tell_files gives them: what room the texts leave is theirs. Tokens are as estimate_tokens counts them: of the branch, of what is left of it once messages are shortened, and of what is told. Ids are oldest first.';

drop function loacl_private.with_page_context(jsonb, jsonb, integer);
