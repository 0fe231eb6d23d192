alter table loacl.assistants
  add column messages_per_minute integer default 30,
  add column messages_per_hour_per_address integer default 300,
  add column messages_per_hour_per_fingerprint integer default 120,
  add column new_sessions_per_hour_per_address integer default 60,
  add column messages_per_thread integer default 500,
  add column tokens_per_day bigint,
  add column spend_per_day_usd numeric default 10,
  add column spend_per_month_usd numeric default 100,
  add constraint assistants_messages_per_minute_range check (messages_per_minute >= 1),
  add constraint assistants_messages_per_hour_per_address_range check (messages_per_hour_per_address >= 1),
  add constraint assistants_messages_per_hour_per_fingerprint_range check (messages_per_hour_per_fingerprint >= 1),
  add constraint assistants_new_sessions_per_hour_per_address_range check (new_sessions_per_hour_per_address >= 1),
  add constraint assistants_messages_per_thread_range check (messages_per_thread >= 1),
  add constraint assistants_tokens_per_day_range check (tokens_per_day >= 0),
  add constraint assistants_spend_per_day_usd_range check (spend_per_day_usd >= 0 and spend_per_day_usd < 'infinity'),
  add constraint assistants_spend_per_month_usd_range check (spend_per_month_usd >= 0 and spend_per_month_usd < 'infinity');

comment on column loacl.assistants.messages_per_minute is 'How many messages one session may send in a minute. null, here and in the next seven: no limit.';
comment on column loacl.assistants.messages_per_hour_per_address is
  'How many messages may come from one network address (IPv6: one /64) in an hour.';
comment on column loacl.assistants.messages_per_hour_per_fingerprint is
  'How many messages may come with one browser fingerprint in an hour, where the assistant asks for one.';
comment on column loacl.assistants.new_sessions_per_hour_per_address is
  'How many new visitors may come from one network address (IPv6: one /64) in an hour.';
comment on column loacl.assistants.messages_per_thread is 'How many messages a visitor may send in one conversation.';
comment on column loacl.assistants.tokens_per_day is 'How many tokens all its model calls may take in a day, in UTC.';
comment on column loacl.assistants.spend_per_day_usd is
  'How many US dollars its model calls may cost in a day, in UTC. With a spend limit, a model that has no price is refused.';
comment on column loacl.assistants.spend_per_month_usd is 'The same for a calendar month, in UTC.';
