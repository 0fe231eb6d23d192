create table loacl_private.secrets (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  assistant_id uuid,
  purpose text not null,
  key_id text not null,
  ciphertext text not null,
  last_four text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  mcp_server_id uuid references loacl.mcp_servers (id) on delete cascade,
  constraint secrets_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint secrets_purpose check (purpose in ('provider_key', 'identity_secret', 'tool_secret', 'mcp_secret')),
  constraint secrets_assistant_id_purpose check (
    (purpose in ('identity_secret', 'tool_secret')) = (assistant_id is not null)
  ),
  constraint secrets_mcp_server_id_purpose check ((purpose = 'mcp_secret') = (mcp_server_id is not null)),
  constraint secrets_key_id_length check (char_length(key_id) between 1 and 100),
  constraint secrets_ciphertext_shape check (ciphertext ~ '^[A-Za-z0-9+/]{38,}={0,2}$'),
  constraint secrets_last_four_length check (char_length(last_four) <= 4)
);

create index secrets_owner_id_idx on loacl_private.secrets (owner_id);
comment on index loacl_private.secrets_owner_id_idx is 'Serves: the deletion of an owner.';
create unique index secrets_assistant_id_purpose_idx on loacl_private.secrets (assistant_id, purpose);
comment on index loacl_private.secrets_assistant_id_purpose_idx is
  'Serves: the secrets of an assistant; the deletion of an assistant. Holds: one for each purpose.';
create unique index secrets_mcp_server_id_idx on loacl_private.secrets (mcp_server_id);
comment on index loacl_private.secrets_mcp_server_id_idx is
  'Serves: the token of an MCP server; the deletion of a server. Holds: one for each.';

create trigger secrets_set_updated_at before update on loacl_private.secrets
  for each row execute function loacl_private.set_updated_at();

alter table loacl_private.secrets enable row level security;
revoke all on table loacl_private.secrets from public, anon, authenticated, service_role;
comment on table loacl_private.secrets is
  'Secrets of owners, sealed with AES-256-GCM inside the functions. The key ring is a function secret, so the database alone yields none.';
comment on column loacl_private.secrets.assistant_id is
  'Whose visitors an identity secret vouches for, or whose calls a tool secret signs; null for every other purpose. Part of the seal.';
comment on column loacl_private.secrets.mcp_server_id is
  'Which server takes the token of an MCP secret; null for every other purpose. Part of the seal, as its endpoint is.';
comment on column loacl_private.secrets.key_id is 'Which key of the ring sealed it.';
comment on column loacl_private.secrets.ciphertext is
  'Base64 of nonce, ciphertext and tag. Bound to purpose, id, owner, provider, base URL and key id: moved to another row it does not open.';
comment on column loacl_private.secrets.last_four is 'Last characters, for the owner to recognise it; null where another table says it.';
