create function loacl_private.add_resources(assistant loacl.assistants)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  given text := (
    select string_agg('# ' || coalesce(r.title, r.key) || E'\n\n' || r.content, E'\n\n' order by l.position, r.key)
    from loacl.assistant_resources l
    join loacl.resources r on r.id = l.resource_id
    where l.assistant_id = assistant.id and l.is_given
  );
begin
  assistant.instructions := concat_ws(E'\n\n', nullif(assistant.instructions, ''), given);
  return assistant;
end
$$;
comment on function loacl_private.add_resources(loacl.assistants) is
  'The assistant with the resources that it is given, behind its instructions, each under its title.';
revoke all on function loacl_private.add_resources(loacl.assistants) from public;

create function loacl_private.prepare_assistant(assistant loacl.assistants, thread_id uuid)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return loacl_private.add_resources(loacl_private.apply_thread_overrides(assistant, thread_id));
end
$$;
comment on function loacl_private.prepare_assistant(loacl.assistants, uuid) is
  'The assistant as it answers in this thread: with the thread''s overrides and with its own resources. A null thread has no overrides.';
revoke all on function loacl_private.prepare_assistant(loacl.assistants, uuid) from public;
