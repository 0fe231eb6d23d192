create function loacl_private.find_sealed_provider(config loacl.provider_configs)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_sealed_secret(s)
    from loacl_private.secrets s
    where s.id = config.secret_id and s.owner_id = config.owner_id and s.purpose = 'provider_key'
  );
end
$$;
comment on function loacl_private.find_sealed_provider(loacl.provider_configs) is 'A provider config with its sealed key; null where there is none.';
revoke all on function loacl_private.find_sealed_provider(loacl.provider_configs) from public;

create function loacl_private.find_provider(assistant loacl.assistants, turn loacl_private.turns default null)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  config loacl.provider_configs;
  fallback loacl.provider_configs;
  provider jsonb;
begin
  select p.* into config
  from loacl.provider_configs p
  where p.owner_id = assistant.owner_id and p.is_active
    and (assistant.provider_config_id is null or p.id in (assistant.provider_config_id, turn.provider_config_id))
  order by p.id is not distinct from turn.provider_config_id desc, p.is_default desc, p.created_at, p.id
  limit 1;
  provider := loacl_private.find_sealed_provider(config);
  if provider is null then
    perform loacl_private.raise_error(503, 'provider_key_missing', 'The owner of this assistant has not set a provider key.');
  end if;
  if (config.id, turn.model) is distinct from (assistant.fallback_provider_config_id, assistant.fallback_model) then
    select p.* into fallback
    from loacl.provider_configs p
    where p.id = assistant.fallback_provider_config_id and p.owner_id = assistant.owner_id and p.is_active;
  end if;
  return jsonb_build_object(
    'provider', provider,
    'fallback', (
      select jsonb_build_object('model', assistant.fallback_model, 'provider', f.provider)
      from (select loacl_private.find_sealed_provider(fallback) as provider) f
      where f.provider is not null
    )
  );
end
$$;
comment on function loacl_private.find_provider(loacl.assistants, loacl_private.turns) is
  'Where an assistant''s model calls go, and with which key: `{"provider", "fallback"}`. First whom a turn that goes on has asked, then whom the assistant names, or else its owner''s default. `fallback`: `{"model", "provider"}`, null where there is none, or it has answered already. Errors: provider_key_missing.';
revoke all on function loacl_private.find_provider(loacl.assistants, loacl_private.turns) from public;
