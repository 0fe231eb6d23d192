alter table loacl_private.secrets
  add column assistant_id uuid,
  add column last_four text,
  add constraint secrets_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  add constraint secrets_assistant_id_purpose check ((purpose = 'identity_secret') = (assistant_id is not null)),
  add constraint secrets_last_four_length check (char_length(last_four) <= 4);

create unique index secrets_assistant_id_idx on loacl_private.secrets (assistant_id);
comment on index loacl_private.secrets_assistant_id_idx is
  'Serves: the identity secret of an assistant; the deletion of an assistant. Holds: one for each.';

comment on column loacl_private.secrets.assistant_id is
  'Whose visitors an identity secret vouches for; null for every other purpose. Part of the seal.';
comment on column loacl_private.secrets.last_four is 'Last characters, for the owner to recognise it; null where another table says it.';
