create table loacl.provider_configs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  provider text not null default 'openai',
  base_url text,
  secret_id uuid not null references loacl_private.secrets (id) on delete cascade,
  key_last_four text not null,
  is_active boolean not null default true,
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint provider_configs_id_owner_id_key unique (id, owner_id),
  constraint provider_configs_owner_id_provider_base_url_key unique nulls not distinct (owner_id, provider, base_url),
  constraint provider_configs_provider check (provider in ('openai', 'openai-chat')),
  constraint provider_configs_base_url_shape check (base_url ~ '^https?://[^\s]+$'),
  constraint provider_configs_key_last_four_length check (char_length(key_last_four) <= 4)
);

create unique index provider_configs_one_default_idx on loacl.provider_configs (owner_id) where is_default;
comment on index loacl.provider_configs_one_default_idx is 'Holds: one default per owner.';
create index provider_configs_secret_id_idx on loacl.provider_configs (secret_id);
comment on index loacl.provider_configs_secret_id_idx is 'Serves: the deletion of a secret.';

create trigger provider_configs_set_updated_at before update on loacl.provider_configs
  for each row execute function loacl_private.set_updated_at();

alter table loacl.provider_configs enable row level security;
revoke all on table loacl.provider_configs from public, anon, authenticated, service_role;
grant select on table loacl.provider_configs to authenticated;
grant select, insert, update, delete on table loacl.provider_configs to service_role;
comment on table loacl.provider_configs is
  'Where an owner''s model calls go and with which key. Operators see their own; changes go through the functions, which seal the key.';
comment on column loacl.provider_configs.provider is 'Which wire format: openai is the Responses API, openai-chat Chat Completions. Part of the seal.';
comment on column loacl.provider_configs.base_url is 'null: the provider''s own address. Part of the seal: a changed one makes the key unusable.';
comment on column loacl.provider_configs.key_last_four is 'Last characters of the key, for its owner to recognise it.';
comment on column loacl.provider_configs.is_default is 'Preferred where several are active: at most one per owner.';

create policy provider_configs_select_own on loacl.provider_configs for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
