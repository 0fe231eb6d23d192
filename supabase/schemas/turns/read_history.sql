create function loacl_private.estimate_tokens(content text)
returns integer
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return ceil(octet_length(content) / 3.0)::integer + 4;
end
$$;
comment on function loacl_private.estimate_tokens(text) is
  'About how many tokens a message takes: one for three bytes of UTF-8, and four around it. On the high side for English (four letters a token), about right for scripts of three bytes a letter.';
revoke all on function loacl_private.estimate_tokens(text) from public;

create function loacl_private.read_history(message_id uuid, token_budget integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    with recursive branch as (
      select m.id, m.parent_id, m.role, m.status, m.content, 1 as place, loacl_private.estimate_tokens(m.content) as tokens
      from loacl.messages m
      where m.id = read_history.message_id
      union all
      select m.id, m.parent_id, m.role, m.status, m.content, b.place + 1,
        b.tokens + case when m.status = 'failed' or m.content = '' then 0 else loacl_private.estimate_tokens(m.content) end
      from branch b
      join loacl.messages m on m.id = b.parent_id
      where b.tokens <= read_history.token_budget
    )
    select jsonb_agg(jsonb_build_object('role', b.role, 'content', b.content) order by b.place desc)
    from branch b
    where b.place = 1
      or (
        b.tokens <= read_history.token_budget and b.status in ('completed', 'stopped', 'cut') and b.content <> '' and b.role <> 'system'
        and not (b.role = 'user' and loacl_private.is_refused_question(b.id))
      )
  );
end
$$;
comment on function loacl_private.read_history(uuid, integer) is
  'What the model is told of a conversation, oldest first: the branch that ends in this message, from it backwards as far as the budget of estimated tokens goes. Failed answers and what moderation refused are left out; the message itself is always in.';
revoke all on function loacl_private.read_history(uuid, integer) from public;
