-- On id and owner together: an assistant can name no other owner's. A config that is named can't be removed: its assistant
-- would go on with the owner's default, and tell another provider what visitors say. Checked last, for an owner who goes
-- takes both along.
alter table loacl.assistants
  add constraint assistants_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action,
  add constraint assistants_fallback_provider_config_fkey foreign key (fallback_provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete no action;
create index assistants_provider_config_id_idx on loacl.assistants (provider_config_id);
comment on index loacl.assistants_provider_config_id_idx is 'Serves: the deletion of a provider config.';
create index assistants_fallback_provider_config_id_idx on loacl.assistants (fallback_provider_config_id);
comment on index loacl.assistants_fallback_provider_config_id_idx is 'Serves: the deletion of a provider config.';
