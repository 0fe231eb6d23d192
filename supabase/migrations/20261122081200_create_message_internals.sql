create table loacl_private.message_internals (
  message_id uuid primary key references loacl.messages (id) on delete cascade,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint message_internals_metadata_object check (jsonb_typeof(metadata) = 'object')
);
alter table loacl_private.message_internals enable row level security;
revoke all on table loacl_private.message_internals from public, anon, authenticated, service_role;
comment on table loacl_private.message_internals is 'What belongs to a message and is for the functions alone.';
comment on column loacl_private.message_internals.metadata is 'The host''s own data, and what a provider said besides. Visitors never read it.';
