create table loacl_private.message_internals (
  message_id uuid primary key references loacl.messages (id) on delete cascade,
  reasoning jsonb,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint message_internals_reasoning_array check (jsonb_typeof(reasoning) = 'array' and reasoning <> '[]'),
  constraint message_internals_metadata_object check (jsonb_typeof(metadata) = 'object')
);
alter table loacl_private.message_internals enable row level security;
revoke all on table loacl_private.message_internals from public, anon, authenticated, service_role;
comment on table loacl_private.message_internals is 'What belongs to a message and is for the functions alone.';
comment on column loacl_private.message_internals.reasoning is
  'The reasoning parts of the message, `[{"before": 0, "part": {"type": "reasoning", …}}]`: `before` is the index in messages.parts of the part that each stands before. null: none, or the assistant did not show it.';
comment on column loacl_private.message_internals.metadata is 'The host''s own data, and what a provider said besides. Visitors never read it.';

create function loacl_private.without_reasoning(parts jsonb)
returns jsonb
language sql
immutable
strict
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.part order by p.place), '[]')
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.part ->> 'type' is distinct from 'reasoning'
);
comment on function loacl_private.without_reasoning(jsonb) is 'The parts of a message as messages.parts keeps them.';
revoke all on function loacl_private.without_reasoning(jsonb) from public;

create function loacl_private.take_reasoning(parts jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(jsonb_build_object('before', p.before, 'part', p.part) order by p.place)
  from (
    select e.part, e.place, count(*) filter (where e.part ->> 'type' is distinct from 'reasoning') over (order by e.place) as before
    from jsonb_array_elements(parts) with ordinality as e (part, place)
  ) p
  where p.part ->> 'type' = 'reasoning'
);
comment on function loacl_private.take_reasoning(jsonb) is
  'The reasoning among the parts of a message as message_internals.reasoning keeps it; null where there is none.';
revoke all on function loacl_private.take_reasoning(jsonb) from public;

create function loacl_private.with_reasoning(parts jsonb, reasoning jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.part order by p.place, p.is_said, p.turn), '[]')
  from (
    select e.part, e.place - 1 as place, true as is_said, e.place as turn
    from jsonb_array_elements(parts) with ordinality as e (part, place)
    union all
    select r.item -> 'part', (r.item ->> 'before')::bigint, false, r.turn
    from jsonb_array_elements(reasoning) with ordinality as r (item, turn)
  ) p
);
comment on function loacl_private.with_reasoning(jsonb, jsonb) is
  'The parts of a message with its reasoning where it stood: the way back from without_reasoning and take_reasoning.';
revoke all on function loacl_private.with_reasoning(jsonb, jsonb) from public;

create function loacl_private.shows_reasoning(thread_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.show_reasoning
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = shows_reasoning.thread_id
  ),
  false
);
comment on function loacl_private.shows_reasoning(uuid) is 'Whether the assistant of this thread shows its reasoning now.';
revoke all on function loacl_private.shows_reasoning(uuid) from public;

create function loacl_private.store_reasoning(message_id uuid, thread_id uuid, parts jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  shown jsonb := case when loacl_private.shows_reasoning(store_reasoning.thread_id) then loacl_private.take_reasoning(parts) end;
begin
  if shown is not null then
    insert into loacl_private.message_internals (message_id, reasoning) values (store_reasoning.message_id, shown)
    on conflict on constraint message_internals_pkey do update set reasoning = excluded.reasoning;
  elsif parts is not null then
    update loacl_private.message_internals i set reasoning = null
    where i.message_id = store_reasoning.message_id and i.reasoning is not null;
  end if;
end
$$;
comment on function loacl_private.store_reasoning(uuid, uuid, jsonb) is
  'Stores the reasoning among the parts of an answer, where its assistant shows it now, in place of what was stored before. Without parts it stays as it is.';
revoke all on function loacl_private.store_reasoning(uuid, uuid, jsonb) from public;
