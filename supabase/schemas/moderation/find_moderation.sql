alter table loacl.assistants
  add constraint assistants_moderation_provider_config_fkey foreign key (moderation_provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete set null (moderation_provider_config_id);
create index assistants_moderation_provider_config_id_idx on loacl.assistants (moderation_provider_config_id)
  where moderation_provider_config_id is not null;
comment on index loacl.assistants_moderation_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create function loacl_private.find_moderation(assistant loacl.assistants)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  config loacl.provider_configs;
  secret loacl_private.secrets;
begin
  if not assistant.moderates_input and not assistant.moderates_output then
    return null;
  end if;
  select p.* into config
  from loacl.provider_configs p
  where p.id = assistant.moderation_provider_config_id and p.owner_id = assistant.owner_id and p.is_active;
  select s.* into secret
  from loacl_private.secrets s
  where s.id = config.secret_id and s.owner_id = assistant.owner_id and s.purpose = 'provider_key';
  return jsonb_build_object(
    'input', assistant.moderates_input,
    'output', assistant.moderates_output,
    'failsOpen', assistant.moderation_fails_open,
    'model', assistant.moderation_model,
    'hasProvider', assistant.moderation_provider_config_id is not null,
    'provider', case when secret.id is not null then jsonb_build_object(
      'secretId', secret.id,
      'keyId', secret.key_id,
      'ciphertext', secret.ciphertext,
      'purpose', secret.purpose,
      'ownerId', secret.owner_id,
      'provider', config.provider,
      'baseUrl', config.base_url
    ) end
  );
end
$$;
comment on function loacl_private.find_moderation(loacl.assistants) is
  'What of an assistant''s conversations is moderated, by which model, at a provider of its own (`hasProvider`; `provider` is null where that is switched off) or at the assistant''s; null where nothing is.';
revoke all on function loacl_private.find_moderation(loacl.assistants) from public;
