alter table loacl.assistants
  add column tools jsonb not null default '[]',
  add constraint assistants_tools_array check (jsonb_typeof(tools) = 'array');
comment on column loacl.assistants.tools is 'Tools that the assistant may call, as the Responses API describes them. Never reaches a visitor.';

alter table loacl_private.message_internals
  add column metadata jsonb not null default '{}',
  add constraint message_internals_metadata_object check (jsonb_typeof(metadata) = 'object');
comment on column loacl_private.message_internals.metadata is 'The host''s own data, and what a provider said besides. Visitors never read it.';
