create function loacl_private.max_hosted_calls()
returns integer
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return 4;
comment on function loacl_private.max_hosted_calls() is 'How many calls of hosted tools a step makes at most: so many are reserved for.';
revoke all on function loacl_private.max_hosted_calls() from public;

create function loacl_private.find_offered_tools(thread_id uuid)
returns setof loacl.assistant_tools
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select t.*
  from loacl.threads thread
  join loacl.sessions s on s.id = thread.session_id
  join loacl.assistant_tools t on t.assistant_id = thread.assistant_id
  left join loacl.mcp_servers m on m.id = t.mcp_server_id
  where thread.id = find_offered_tools.thread_id
    and t.is_active
    and (not t.identified_only or s.session_type = 'authenticated')
    and (t.kind <> 'mcp' or m.is_active);
end
$$;
comment on function loacl_private.find_offered_tools(uuid) is
  'The tools that the model may call in this thread now: those that are on, and for a guest none that is for identified visitors alone.';
revoke all on function loacl_private.find_offered_tools(uuid) from public;

create function loacl_private.to_tool_digest(tool loacl.assistant_tools)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return encode(
    sha256(
      convert_to(
        jsonb_build_array(
          tool.name, tool.kind, tool.description, tool.parameters, tool.endpoint, tool.mcp_server_id,
          (select m.endpoint from loacl.mcp_servers m where m.id = tool.mcp_server_id), tool.remote_name
        )::text,
        'UTF8'
      )
    ),
    'hex'
  );
end
$$;
comment on function loacl_private.to_tool_digest(loacl.assistant_tools) is
  'SHA-256, in hex, of what a tool is to the model and where its calls go: another digest, another tool.';
revoke all on function loacl_private.to_tool_digest(loacl.assistant_tools) from public;

create function loacl_private.to_mcp_server(server_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'id', m.id,
      'name', m.name,
      'endpoint', m.endpoint,
      'secret', (
        select loacl_private.to_sealed_secret(s) from loacl_private.secrets s where s.mcp_server_id = m.id and s.purpose = 'mcp_secret'
      )
    )
    from loacl.mcp_servers m
    where m.id = server_id
  );
end
$$;
comment on function loacl_private.to_mcp_server(uuid) is 'An MCP server as the functions call it, with its sealed token; `secret` is null where it has none.';
revoke all on function loacl_private.to_mcp_server(uuid) from public;

create function loacl_private.find_tools(thread_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', t.id,
          'name', t.name,
          'kind', t.kind,
          'description', t.description,
          'parameters', t.parameters,
          'endpoint', t.endpoint,
          'remoteName', t.remote_name,
          'server', loacl_private.to_mcp_server(t.mcp_server_id),
          'hostedType', t.hosted_type,
          'hostedOptions', t.hosted_options,
          'timeoutMs', t.timeout_ms,
          'maxResultBytes', t.max_result_bytes,
          'isIdempotent', t.is_idempotent,
          'costUsd', t.cost_usd,
          'approvalSeconds', t.approval_seconds,
          'visitorSees', t.visitor_sees,
          'words', t.words,
          'digest', loacl_private.to_tool_digest(t)
        )
        order by t.name
      ),
      '[]'
    )
    from loacl_private.find_offered_tools(find_tools.thread_id) t
  );
end
$$;
comment on function loacl_private.find_tools(uuid) is 'The tools that are offered in this thread, as a turn''s worker gets them.';
revoke all on function loacl_private.find_tools(uuid) from public;

create function loacl_private.find_visitor(thread_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select case
      when s.user_id is not null then jsonb_build_object('type', 'identified', 'userId', s.user_id)
      when s.external_id is not null then jsonb_build_object('type', 'identified', 'externalId', s.external_id)
      else '{"type": "guest"}'
    end
    from loacl.threads t
    join loacl.sessions s on s.id = t.session_id
    where t.id = find_visitor.thread_id
  );
end
$$;
comment on function loacl_private.find_visitor(uuid) is 'Whose a thread is, as the endpoints of tools are told.';
revoke all on function loacl_private.find_visitor(uuid) from public;
