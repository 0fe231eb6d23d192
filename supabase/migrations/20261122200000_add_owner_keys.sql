-- What an owner's things are linked to names the owner as well: a foreign key on both makes both sides one owner's.
alter table loacl.assistants add constraint assistants_id_owner_id_key unique (id, owner_id);
alter table loacl.provider_configs add constraint provider_configs_id_owner_id_key unique (id, owner_id);
