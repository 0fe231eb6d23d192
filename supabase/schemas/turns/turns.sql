create table loacl_private.turns (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  user_message_id uuid not null references loacl.messages (id) on delete cascade,
  message_id uuid not null references loacl.messages (id) on delete cascade,
  state text not null default 'running',
  lease uuid not null default gen_random_uuid(),
  lease_expires_at timestamptz,
  deadline_at timestamptz not null,
  wait_expires_at timestamptz,
  stop_requested_at timestamptz,
  last_seq integer not null default 0,
  provider text not null,
  provider_config_id uuid,
  model text not null,
  error_code text,
  cut_reason text,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  purged_at timestamptz,
  is_folded boolean not null default true,
  is_continuation boolean not null default false,
  request_id text,
  constraint turns_request_id_thread_id_key unique (request_id, thread_id),
  constraint turns_request_id_format check (request_id ~ '^[!-~]{1,128}$'),
  constraint turns_state check (state in ('running', 'waiting', 'completed', 'stopped', 'cut', 'failed')),
  constraint turns_ended_at_state check ((ended_at is null) = (state in ('running', 'waiting'))),
  constraint turns_lease_expires_at_state check (state <> 'running' or lease_expires_at is not null),
  constraint turns_wait_expires_at_state check ((wait_expires_at is not null) = (state = 'waiting')),
  constraint turns_error_code_state check ((error_code is not null) = (state = 'failed')),
  constraint turns_cut_reason_state check ((cut_reason is not null) = (state = 'cut'))
);

create unique index turns_one_open_idx on loacl_private.turns (thread_id) where state in ('running', 'waiting');
comment on index loacl_private.turns_one_open_idx is 'Holds: one turn per thread that runs or waits. Serves: finding it.';
create index turns_thread_id_idx on loacl_private.turns (thread_id);
comment on index loacl_private.turns_thread_id_idx is 'Serves: the deletion of a thread.';
create index turns_user_message_id_created_at_idx on loacl_private.turns (user_message_id, created_at desc);
comment on index loacl_private.turns_user_message_id_created_at_idx is 'Serves: the latest turn that answers a message.';
create index turns_message_id_idx on loacl_private.turns (message_id);
comment on index loacl_private.turns_message_id_idx is 'Serves: the turns that wrote a message; the deletion of a message.';
create index turns_unpurged_idx on loacl_private.turns (ended_at)
  where ended_at is not null and purged_at is null and is_folded;
comment on index loacl_private.turns_unpurged_idx is 'Serves: ended turns whose chunks can go.';
create index turns_unfolded_idx on loacl_private.turns (ended_at) where not is_folded;
comment on index loacl_private.turns_unfolded_idx is 'Serves: ended turns whose parts a function is to fold into the message.';
create index turns_running_lease_idx on loacl_private.turns (lease_expires_at) where state = 'running';
comment on index loacl_private.turns_running_lease_idx is 'Serves: turns that were abandoned.';
create index turns_waiting_idx on loacl_private.turns (wait_expires_at) where state = 'waiting';
comment on index loacl_private.turns_waiting_idx is 'Serves: turns that have waited too long.';

alter table loacl_private.turns enable row level security;
revoke all on table loacl_private.turns from public, anon, authenticated, service_role;
comment on table loacl_private.turns is
  'One try at answering a message: a sequence of steps. It belongs to the server: it comes to one end whether or not anybody listens. It may wait in between, for something that comes from outside, and has no worker then.';
comment on column loacl_private.turns.lease is 'Known to the worker that runs it alone; every write must name it. While the turn waits it is the last worker''s, and allows nothing.';
comment on column loacl_private.turns.lease_expires_at is 'Renewed by each append. A running turn past it has lost its worker, and is failed by whoever looks next; null while it waits.';
comment on column loacl_private.turns.deadline_at is 'When its worker ends it as cut.';
comment on column loacl_private.turns.wait_expires_at is 'How long it waits. A turn past it is cut by whoever looks next.';
comment on column loacl_private.turns.last_seq is 'Number of the last part: it goes on across steps and workers. Parts that say that the turn waits have numbers, and are not in turn_chunks.';
comment on column loacl_private.turns.provider_config_id is
  'Whom its calls go to; the fallback once that has answered. It may be gone. null: the turn is older than this column.';
comment on column loacl_private.turns.model is 'The model that was asked; the fallback''s once that has answered.';
comment on column loacl_private.turns.purged_at is 'When its chunks were deleted.';
comment on column loacl_private.turns.is_folded is
  'Whether the message holds all that was streamed. Where a worker died it holds the text alone, until a function has folded the chunks into it; they are kept until then.';
comment on column loacl_private.turns.is_continuation is 'Whether it goes on with an answer that an earlier turn had left off. It tells that first, so that its parts are the whole answer.';
comment on column loacl_private.turns.request_id is
  'The id that the client gave the request, where that was not a message''s: the same one sent twice is one turn.';

create table loacl_private.turn_chunks (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  seq integer not null,
  parts jsonb not null,
  created_at timestamptz not null default now(),
  constraint turn_chunks_pkey primary key (turn_id, seq),
  constraint turn_chunks_seq_positive check (seq > 0),
  constraint turn_chunks_parts_array check (jsonb_typeof(parts) = 'array' and parts <> '[]')
);
alter table loacl_private.turn_chunks enable row level security;
revoke all on table loacl_private.turn_chunks from public, anon, authenticated, service_role;
comment on table loacl_private.turn_chunks is
  'What a turn has streamed so far, for a page that comes back. Append-only, and deleted some minutes after the turn has ended, once the message holds it all.';
comment on column loacl_private.turn_chunks.seq is 'Number of the first part in `parts`; the turn''s first is 1.';
comment on column loacl_private.turn_chunks.parts is 'Parts of the UI message stream.';
