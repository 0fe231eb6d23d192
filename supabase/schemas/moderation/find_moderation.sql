-- As the configs in assistant_providers.sql: one that is named can't be removed.
alter table loacl.assistants
  add constraint assistants_moderation_provider_config_fkey foreign key (moderation_provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action;
create index assistants_moderation_provider_config_id_idx on loacl.assistants (moderation_provider_config_id);
comment on index loacl.assistants_moderation_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create function loacl_private.find_moderation(assistant loacl.assistants)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not assistant.moderates_input and not assistant.moderates_output then
    return null;
  end if;
  return jsonb_build_object(
    'input', assistant.moderates_input,
    'output', assistant.moderates_output,
    'failsOpen', assistant.moderation_fails_open,
    'model', assistant.moderation_model,
    'hasProvider', assistant.moderation_provider_config_id is not null,
    'provider', (
      select loacl_private.find_sealed_provider(p)
      from loacl.provider_configs p
      where p.id = assistant.moderation_provider_config_id and p.owner_id = assistant.owner_id and p.is_active
    )
  );
end
$$;
comment on function loacl_private.find_moderation(loacl.assistants) is
  'What of an assistant''s conversations is moderated, by which model, at a provider of its own (`hasProvider`; `provider` is null where that is switched off) or at the assistant''s; null where nothing is.';
revoke all on function loacl_private.find_moderation(loacl.assistants) from public;
