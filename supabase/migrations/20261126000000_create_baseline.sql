-- Two schemas: `loacl` is served by the Data API, `loacl_private` never is.

create schema loacl;
comment on schema loacl is 'LOACL: what visitors and operators reach through the Data API. Every grant is explicit, every table has row security.';
revoke all on schema loacl from public;
grant usage on schema loacl to anon, authenticated, service_role;

create schema loacl_private;
comment on schema loacl_private is 'LOACL: never exposed. No role of the Data API has USAGE; exposed functions reach into it because their bodies bind when they are created.';
revoke all on schema loacl_private from public;

-- Every function has `set search_path = pg_catalog, pg_temp`.
-- An empty search path still finds types and tables of `pg_temp`, and before those of `pg_catalog`: who can run SQL as
-- `anon` could make a domain `pg_temp.text` whose check runs with the rights of a definer function's owner. Bodies bound
-- at creation are safe from that, those of plpgsql and of `auth.uid()`, which take on their caller's path, are not.

create function loacl_private.raise_error(status integer, code text, detail text, hint text default null)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if hint is null then
    raise exception using errcode = 'PT' || status, message = code, detail = detail;
  end if;
  raise exception using errcode = 'PT' || status, message = code, detail = detail, hint = hint;
end
$$;
comment on function loacl_private.raise_error(integer, text, text, text) is
  'Fails with an HTTP status, one of LOACL''s error codes and a sentence for people. `hint` is a number of milliseconds after which the same request may succeed. Never returns: the type lets it stand in an expression.';
-- Runs inside functions that visitors call as themselves.
revoke all on function loacl_private.raise_error(integer, text, text, text) from public;
grant execute on function loacl_private.raise_error(integer, text, text, text) to anon, authenticated, service_role;

create function loacl_private.set_updated_at()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function loacl_private.set_updated_at() is 'Trigger: stamps a row that changes.';
revoke all on function loacl_private.set_updated_at() from public;

create table loacl_private.operators (
  user_id uuid primary key references auth.users (id) on delete cascade,
  role text not null default 'operator',
  created_at timestamptz not null default now(),
  constraint operators_role check (role in ('admin', 'operator'))
);
alter table loacl_private.operators enable row level security;
revoke all on table loacl_private.operators from public, anon, authenticated, service_role;
comment on table loacl_private.operators is
  'Who may own assistants. Visitors can have accounts in the same project, so being signed in says nothing: a row here does.';
comment on column loacl_private.operators.role is 'operator: owns assistants. admin: the same, and puts everybody''s secrets under a new key of the ring.';

-- What every policy asks, here and in own_assistant_ids, own_session_ids and own_deleted_thread_ids, is in plpgsql. A
-- body in SQL with a search path of its own is planned again in each statement that calls it, and that took longer than
-- all the rest of a short query. One in plpgsql is planned once per connection.
create function loacl_private.own_team_ids()
returns uuid[]
language plpgsql
stable
security definer -- callers can't read operators
set search_path = pg_catalog, pg_temp
as $$
declare
  claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  caller_id uuid;
begin
  if claims ->> 'is_anonymous' = 'true' or pg_input_is_valid(claims ->> 'sub', 'uuid') is not true then
    return '{}';
  end if;
  caller_id := claims ->> 'sub';
  return array(select o.user_id from loacl_private.operators o where o.user_id = caller_id);
end
$$;
comment on function loacl_private.own_team_ids() is
  'Whose assistants and knowledge the calling operator has: `owner_id` of those rows. The operator themself; nobody for anybody else, anonymous users included. Every policy for operators asks it, or own_assistant_ids.';
revoke all on function loacl_private.own_team_ids() from public;
grant execute on function loacl_private.own_team_ids() to anon, authenticated;

create table loacl.assistants (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  description text,
  greeting text,
  model text not null,
  instructions text not null default '',
  tools jsonb not null default '[]',
  temperature double precision,
  max_output_tokens integer not null default 4096,
  context_token_budget integer not null default 16000,
  max_message_length integer not null default 8000,
  follow_ups boolean not null default true,
  show_reasoning boolean not null default false,
  fingerprint boolean not null default false,
  is_active boolean not null default true,
  is_default boolean not null default false,
  appearance jsonb not null default '{}',
  allowed_origins text[] not null default '{}',
  messages_per_minute integer default 30,
  messages_per_hour_per_address integer default 300,
  messages_per_hour_per_fingerprint integer default 120,
  new_sessions_per_hour_per_address integer default 60,
  messages_per_thread integer default 500,
  tokens_per_day bigint,
  spend_per_day_usd numeric default 10,
  spend_per_month_usd numeric default 100,
  retention_days integer,
  paused_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- For foreign keys on id and owner together: what is linked to an assistant then has the same owner.
  constraint assistants_id_owner_id_key unique (id, owner_id),
  constraint assistants_owner_id_name_key unique (owner_id, name),
  constraint assistants_name_length check (char_length(btrim(name)) between 1 and 100),
  constraint assistants_description_length check (char_length(description) <= 2000),
  constraint assistants_greeting_length check (char_length(greeting) <= 4000),
  constraint assistants_model_length check (char_length(model) between 1 and 200),
  constraint assistants_instructions_length check (char_length(instructions) <= 200000),
  constraint assistants_tools_array check (jsonb_typeof(tools) = 'array'),
  constraint assistants_temperature_range check (temperature between 0 and 2),
  constraint assistants_max_output_tokens_range check (max_output_tokens between 16 and 128000),
  constraint assistants_context_token_budget_range check (context_token_budget between 500 and 1000000),
  constraint assistants_max_message_length_range check (max_message_length between 1 and 100000),
  constraint assistants_appearance_object check (jsonb_typeof(appearance) = 'object'),
  constraint assistants_messages_per_minute_range check (messages_per_minute >= 1),
  constraint assistants_messages_per_hour_per_address_range check (messages_per_hour_per_address >= 1),
  constraint assistants_messages_per_hour_per_fingerprint_range check (messages_per_hour_per_fingerprint >= 1),
  constraint assistants_new_sessions_per_hour_per_address_range check (new_sessions_per_hour_per_address >= 1),
  constraint assistants_messages_per_thread_range check (messages_per_thread >= 1),
  constraint assistants_tokens_per_day_range check (tokens_per_day >= 0),
  constraint assistants_spend_per_day_usd_range check (spend_per_day_usd >= 0 and spend_per_day_usd < 'infinity'),
  constraint assistants_spend_per_month_usd_range check (spend_per_month_usd >= 0 and spend_per_month_usd < 'infinity'),
  constraint assistants_retention_days_range check (retention_days between 1 and 36500),
  constraint assistants_metadata_object check (jsonb_typeof(metadata) = 'object'),
  -- `*`, an exact origin, or every subdomain of a host over HTTPS.
  constraint assistants_allowed_origins_shape check (
    array_position(allowed_origins, null) is null
    and cardinality(string_to_array(array_to_string(allowed_origins, ' '), ' ')) = cardinality(allowed_origins)
    and array_to_string(allowed_origins, ' ') ~ '^((\*|https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?|https://\*\.[a-z0-9.-]+(:[0-9]+)?)( |$))*$'
  )
);

create unique index assistants_one_default_idx on loacl.assistants (owner_id) where is_default;
comment on index loacl.assistants_one_default_idx is 'Holds: one default per owner.';

create trigger assistants_set_updated_at before update on loacl.assistants
  for each row execute function loacl_private.set_updated_at();

comment on table loacl.assistants is
  'A chat assistant and how it answers. Operators see and change their own. Visitors never read it: open_session hands out its public part.';
comment on column loacl.assistants.owner_id is 'An operator.';
comment on column loacl.assistants.greeting is 'Shown before the first message. Markdown.';
comment on column loacl.assistants.instructions is 'The system prompt. Never reaches a visitor.';
comment on column loacl.assistants.tools is 'Tools that the assistant may call, as the Responses API describes them. Never reaches a visitor.';
comment on column loacl.assistants.temperature is 'null: the model''s own default.';
comment on column loacl.assistants.max_output_tokens is 'Most tokens of one answer, reasoning included.';
comment on column loacl.assistants.context_token_budget is 'Most tokens of the conversation, by estimate, that are sent along with a message.';
comment on column loacl.assistants.max_message_length is 'Longest message of a visitor, in Unicode characters.';
comment on column loacl.assistants.follow_ups is 'Whether follow-up questions are suggested after an answer.';
comment on column loacl.assistants.show_reasoning is
  'Whether visitors see how the model came to an answer. Reasoning is stored in words only while this is on, and given to nobody while it is off.';
comment on column loacl.assistants.fingerprint is 'Whether the widget sends a browser fingerprint, as a signal against abuse.';
comment on column loacl.assistants.is_default is 'The owner''s default assistant: at most one.';
comment on column loacl.assistants.appearance is 'Look and words of the widget. Public.';
comment on column loacl.assistants.allowed_origins is
  'Pages that may use it: `https://example.com`, `https://*.example.com` (every subdomain, not the domain itself), or `*` for any. Empty: no page at all. Requests without an Origin header, which browsers always send here, are not held back by it.';
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
comment on column loacl.assistants.retention_days is
  'Days after its last message that a conversation is kept; null: for as long as nobody deletes it.';
comment on column loacl.assistants.paused_at is
  'Since when no new turn may begin, by the owner''s switch; null: it is not paused. Visitors can still open and read.';
comment on column loacl.assistants.metadata is 'The host''s own data.';

create function loacl_private.own_assistant_ids()
returns uuid[]
language plpgsql
stable
security definer -- whoever asks is about to be told by this which assistants they may read
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(select a.id from loacl.assistants a where a.owner_id = any (loacl_private.own_team_ids()));
end
$$;
comment on function loacl_private.own_assistant_ids() is 'The calling operator''s assistants; none for anybody else. The operator''s half of every policy.';
revoke all on function loacl_private.own_assistant_ids() from public;
grant execute on function loacl_private.own_assistant_ids() to anon, authenticated;

alter table loacl.assistants enable row level security;
revoke all on table loacl.assistants from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistants to authenticated;
-- Not the id: pages keep one in their script tag after its assistant is gone, and would open whatever bore it next.
grant insert (
  owner_id, name, description, greeting, model, instructions, tools, temperature, max_output_tokens, context_token_budget,
  max_message_length, follow_ups, show_reasoning, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, paused_at, metadata
) on table loacl.assistants to authenticated;
grant update (
  name, description, greeting, model, instructions, tools, temperature, max_output_tokens, context_token_budget,
  max_message_length, follow_ups, show_reasoning, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, paused_at, metadata
) on table loacl.assistants to authenticated;
grant select, insert, update, delete on table loacl.assistants to service_role;

create policy assistants_select_own on loacl.assistants for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_insert_own on loacl.assistants for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_update_own on loacl.assistants for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_delete_own on loacl.assistants for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create function loacl_private.is_origin_allowed(allowed_origins text[], origin text)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    origin is null
    or '*' = any (allowed_origins)
    or lower(origin) = any (allowed_origins)
    or exists (
      select
      from unnest(allowed_origins) as allowed
      where starts_with(allowed, 'https://*.')
        and starts_with(lower(origin), 'https://')
        -- What `*` stands for is at least one character, and part of the host's name.
        and right(lower(origin), -8) ~ '^[a-z0-9.-]+(:[0-9]+)?$'
        and length(origin) > length(allowed) - 1
        and right(lower(origin), length(allowed) - 9) = right(allowed, -9)
    )
  );
end
$$;
comment on function loacl_private.is_origin_allowed(text[], text) is
  'Whether a page of this origin may use an assistant. A request without an origin comes from a program, which could send any: it passes. The opaque origin `null` passes only where any does.';
revoke all on function loacl_private.is_origin_allowed(text[], text) from public;

create table loacl.sessions (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  session_type text not null default 'guest',
  user_id uuid references auth.users (id) on delete cascade,
  external_id text,
  fingerprint_hash bytea,
  last_active_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sessions_id_assistant_id_key unique (id, assistant_id),
  constraint sessions_session_type check (session_type in ('guest', 'authenticated')),
  -- A guest is nobody; an authenticated session is one person, known by one of the two.
  constraint sessions_person check (num_nonnulls(user_id, external_id) = case session_type when 'guest' then 0 else 1 end),
  constraint sessions_external_id_length check (char_length(external_id) between 1 and 255),
  constraint sessions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index sessions_assistant_id_last_active_at_idx on loacl.sessions (assistant_id, last_active_at desc);
comment on index loacl.sessions_assistant_id_last_active_at_idx is 'Serves: an operator''s latest visitors; the deletion of an assistant.';
create index sessions_user_id_idx on loacl.sessions (user_id, assistant_id) where user_id is not null;
comment on index loacl.sessions_user_id_idx is 'Serves: a person''s sessions on other devices; the deletion of a user.';
create index sessions_external_id_idx on loacl.sessions (external_id, assistant_id) where external_id is not null;
comment on index loacl.sessions_external_id_idx is 'Serves: a person''s sessions on other devices.';
create index sessions_expires_at_idx on loacl.sessions (expires_at);
comment on index loacl.sessions_expires_at_idx is 'Serves: sessions that ended and hold nothing.';

create trigger sessions_set_updated_at before update on loacl.sessions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.sessions enable row level security;
revoke all on table loacl.sessions from public, anon, authenticated, service_role;
grant select on table loacl.sessions to authenticated;
grant select, insert, update, delete on table loacl.sessions to service_role;
comment on table loacl.sessions is
  'A visitor on one device, made by the first message. Operators see those of their assistants; visitors don''t read it.';
comment on column loacl.sessions.user_id is 'The Supabase user it is bound to. It then works only together with that user''s access token.';
comment on column loacl.sessions.external_id is 'The site''s own id of a visitor who came with an identity token.';
comment on column loacl.sessions.fingerprint_hash is
  'SHA-256 of the assistant''s id, a colon and the browser''s fingerprint, where the assistant asks for one. A signal against abuse, never a credential.';
comment on column loacl.sessions.expires_at is 'From then on it owns nothing. A guest''s slides with each message.';
comment on column loacl.sessions.metadata is 'The host''s own data. The visitor gets it in their export.';

create function loacl_private.find_person_session_ids(session loacl.sessions)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select s.id
    from loacl.sessions s
    where s.id = session.id
      or (s.user_id = session.user_id and s.assistant_id = session.assistant_id)
      or (s.external_id = session.external_id and s.assistant_id = session.assistant_id)
  );
end
$$;
comment on function loacl_private.find_person_session_ids(loacl.sessions) is
  'A session and, where its visitor is signed in, those of the same person on other devices, with the same assistant. An array, because the planner has no statistics of persons and would expect far more sessions of one.';
revoke all on function loacl_private.find_person_session_ids(loacl.sessions) from public;

create policy sessions_select_own on loacl.sessions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create function loacl_private.find_live_user(claims jsonb)
returns uuid
language plpgsql -- bound late: Auth may change its table without asking this function
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  auth_session_id uuid;
  subject uuid;
begin
  -- A project may take the tokens of other services, too, which name people and sessions in their own ways.
  if claims ->> 'is_anonymous' = 'true'
    or pg_input_is_valid(claims ->> 'session_id', 'uuid') is not true
    or pg_input_is_valid(claims ->> 'sub', 'uuid') is not true
  then
    return null;
  end if;
  auth_session_id := claims ->> 'session_id';
  subject := claims ->> 'sub';
  return (
    select s.user_id
    from auth.sessions s
    join auth.users u on u.id = s.user_id
    where s.id = auth_session_id
      and s.user_id = subject
      and (s.not_after is null or s.not_after > now())
      and (u.banned_until is null or u.banned_until <= now())
  );
end
$$;
comment on function loacl_private.find_live_user(jsonb) is
  'The Supabase user of an access token whose claims have been verified, while their session with Auth goes on and they are not banned: signing out and a ban end it at once, not only when the token runs out. null for anonymous users and for those of other services, who are guests.';
revoke all on function loacl_private.find_live_user(jsonb) from public;

create table loacl_private.session_tokens (
  token_hash bytea primary key,
  session_id uuid not null references loacl.sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint session_tokens_session_id_key unique (session_id),
  constraint session_tokens_token_hash_length check (octet_length(token_hash) = 32)
);
alter table loacl_private.session_tokens enable row level security;
revoke all on table loacl_private.session_tokens from public, anon, authenticated, service_role;
comment on table loacl_private.session_tokens is
  'The credential of each session, apart from it so that nobody can select one. Deleting a row signs the visitor out.';
comment on column loacl_private.session_tokens.token_hash is 'SHA-256 of the token that the browser made. The token itself is never stored.';

create table loacl_private.replaced_session_tokens (
  token_hash bytea primary key,
  created_at timestamptz not null default now(),
  constraint replaced_session_tokens_token_hash_length check (octet_length(token_hash) = 32)
);
create index replaced_session_tokens_created_at_idx on loacl_private.replaced_session_tokens (created_at);
comment on index loacl_private.replaced_session_tokens_created_at_idx is 'Serves: those that nobody can come with any more.';
alter table loacl_private.replaced_session_tokens enable row level security;
revoke all on table loacl_private.replaced_session_tokens from public, anon, authenticated, service_role;
comment on table loacl_private.replaced_session_tokens is
  'Tokens that identifying or signing out took away in the last ten minutes. A request of another tab that still carries one is refused. Without this table it would begin a guest''s session under a token that no tab has any more, and its conversation would be lost.';
comment on column loacl_private.replaced_session_tokens.token_hash is 'As in session_tokens.';

create function loacl_private.replace_session_token(old_hash bytea)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.session_tokens k where k.token_hash = old_hash;
  insert into loacl_private.replaced_session_tokens (token_hash) values (old_hash)
  on conflict (token_hash) do update set created_at = now();
  -- Each call deletes more than it adds, so that nothing depends on a scheduler.
  delete from loacl_private.replaced_session_tokens r
  where r.token_hash in (
    select old.token_hash
    from loacl_private.replaced_session_tokens old
    where old.created_at < now() - interval '10 minutes'
    order by old.created_at
    limit 5
    for update skip locked
  );
end
$$;
comment on function loacl_private.replace_session_token(bytea) is
  'Makes a token worthless, and remembers for ten minutes that it was one.';
revoke all on function loacl_private.replace_session_token(bytea) from public;

create function loacl_private.refuse_replaced_token(hash bytea)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from loacl_private.replaced_session_tokens r where r.token_hash = refuse_replaced_token.hash) then
    perform loacl_private.raise_error(401, 'session_replaced', 'Another token has taken the place of this one. Nothing was done.');
  end if;
end
$$;
comment on function loacl_private.refuse_replaced_token(bytea) is
  'For a token that stands for no session: whether it did until some minutes ago. Errors: session_replaced.';
revoke all on function loacl_private.refuse_replaced_token(bytea) from public;

create function loacl_private.read_header(name text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Empty where a transaction before this one on the same connection had headers.
  return nullif(current_setting('request.headers', true), '')::json ->> name;
end
$$;
comment on function loacl_private.read_header(text) is 'A header of the Data API request, by its lower-case name.';
revoke all on function loacl_private.read_header(text) from public;

create function loacl_private.hash_session_token(token text)
returns bytea
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- 32 bytes as unpadded base64url; null for anything else.
  return case when token ~ '^[A-Za-z0-9_-]{43}$' then sha256(convert_to(token, 'UTF8')) end;
end
$$;
comment on function loacl_private.hash_session_token(text) is 'What the database keeps of a session token; null where it is none.';
revoke all on function loacl_private.hash_session_token(text) from public;

create function loacl_private.require_session_token_hash()
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  token text := loacl_private.read_header('x-loacl-session');
begin
  if coalesce(token, '') = '' then
    perform loacl_private.raise_error(401, 'session_missing', 'The x-loacl-session header is missing.');
  end if;
  if loacl_private.hash_session_token(token) is null then
    perform loacl_private.raise_error(401, 'session_invalid', 'The x-loacl-session header holds no session token.');
  end if;
  return loacl_private.hash_session_token(token);
end
$$;
comment on function loacl_private.require_session_token_hash() is 'Hash of the request''s session token. Errors: session_missing, session_invalid.';
revoke all on function loacl_private.require_session_token_hash() from public;

create function loacl_private.raise_not_found(code text, detail text)
returns jsonb
language plpgsql
volatile
security definer -- reads replaced_session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.refuse_replaced_token(loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session')));
  return loacl_private.raise_error(404, code, detail);
end
$$;
comment on function loacl_private.raise_not_found(text, text) is
  'Fails as raise_error does, with status 404: what was asked for is not there, or not the caller''s. Where the request''s token was replaced some minutes ago, it says that instead: with the fresh token it may be there. Errors: session_replaced.';
-- Runs inside functions that visitors call as themselves.
revoke all on function loacl_private.raise_not_found(text, text) from public;
grant execute on function loacl_private.raise_not_found(text, text) to anon, authenticated;

create function loacl_private.find_own_session_ids(claims jsonb)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- What read_header and hash_session_token do, written out: every policy asks this, and two calls more would be felt.
  token text := nullif(current_setting('request.headers', true), '')::json ->> 'x-loacl-session';
  known_id uuid;
  known_assistant_id uuid;
  known_user_id uuid;
  known_external_id text;
begin
  if token is null then
    return '{}';
  end if;
  select s.id, s.assistant_id, s.user_id, s.external_id
  into known_id, known_assistant_id, known_user_id, known_external_id
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > now();
  if not found or (known_user_id is not null and known_user_id is distinct from loacl_private.find_live_user(claims)) then
    return '{}';
  end if;
  -- Only the session of this device must be alive; sessions of the same person elsewhere count even where they have ended.
  if known_user_id is not null then
    return array(select s.id from loacl.sessions s where s.user_id = known_user_id and s.assistant_id = known_assistant_id);
  elsif known_external_id is not null then
    return array(select s.id from loacl.sessions s where s.external_id = known_external_id and s.assistant_id = known_assistant_id);
  end if;
  return array[known_id];
end
$$;
comment on function loacl_private.find_own_session_ids(jsonb) is
  'The sessions of the visitor whose token the request carries, with those of the same person on other devices. `claims`: of the verified access token that came along.';
revoke all on function loacl_private.find_own_session_ids(jsonb) from public;

create function loacl_private.own_session_ids()
returns uuid[]
language plpgsql
stable
security definer -- reads session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  -- What auth.jwt() gives, without the call: PostgreSQL plans a function in SQL anew in each transaction, which takes
  -- longer than running it.
  return loacl_private.find_own_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb);
end
$$;
comment on function loacl_private.own_session_ids() is
  'The calling visitor''s sessions, by the token in the request, and those of the same person on other devices; none where there is no token, it has expired, or it is bound to a user who isn''t signed in. The visitor''s half of every policy.';
revoke all on function loacl_private.own_session_ids() from public;
grant execute on function loacl_private.own_session_ids() to anon, authenticated;

-- The functions call with the project's secret key. They have verified the visitor's access token, and hand its claims over.
create function loacl_private.with_live_user(request jsonb)
returns jsonb
language sql
stable
security definer -- service_role doesn't read Auth's sessions
set search_path = pg_catalog, pg_temp
return request || jsonb_build_object('userId', loacl_private.find_live_user(request -> 'claims'));
comment on function loacl_private.with_live_user(jsonb) is
  'The request with the `userId` that its `claims` prove, null where they prove none.';
revoke all on function loacl_private.with_live_user(jsonb) from public;
grant execute on function loacl_private.with_live_user(jsonb) to service_role;

create function loacl_private.enter_assistant(assistant_id uuid, origin text)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  assistant loacl.assistants;
begin
  select a.* into assistant from loacl.assistants a where a.id = enter_assistant.assistant_id;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  if not assistant.is_active then
    perform loacl_private.raise_error(403, 'assistant_inactive', 'This assistant is switched off.');
  end if;
  if not loacl_private.is_origin_allowed(assistant.allowed_origins, enter_assistant.origin) then
    perform loacl_private.raise_error(
      403, 'origin_not_allowed', format('Pages of %s may not use this assistant. Its owner can allow them.', enter_assistant.origin)
    );
  end if;
  return assistant;
end
$$;
comment on function loacl_private.enter_assistant(uuid, text) is
  'The assistant, if a page of this origin may use it now. Errors: assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl_private.enter_assistant(uuid, text) from public;

create function loacl_private.enter_session(token_hash bytea, assistant_id uuid, user_id uuid)
returns loacl.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  select s.* into session
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = enter_session.token_hash;
  if not found then
    perform loacl_private.refuse_replaced_token(enter_session.token_hash);
    return null;
  end if;
  if session.assistant_id <> enter_session.assistant_id then
    perform loacl_private.raise_error(403, 'session_mismatch', 'This session is with another assistant.');
  end if;
  if session.expires_at <= clock_timestamp() then
    perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
  end if;
  -- A session of a signed-in visitor is worth nothing without that visitor.
  if session.user_id is not null and session.user_id is distinct from enter_session.user_id then
    perform loacl_private.raise_error(401, 'session_locked', 'This session is a signed-in user''s, and opens with their access token alone.');
  end if;
  return session;
end
$$;
comment on function loacl_private.enter_session(bytea, uuid, uuid) is
  'The session that a token stands for, null where it is a fresh guest''s. Errors: session_replaced, session_mismatch, session_expired, session_locked.';
revoke all on function loacl_private.enter_session(bytea, uuid, uuid) from public;

create function loacl_private.get_operator_role(user_id uuid)
returns text
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select o.role
  from loacl_private.operators o
  join auth.users u on u.id = o.user_id
  where o.user_id = get_operator_role.user_id and u.is_anonymous is not true;
end;
comment on function loacl_private.get_operator_role(uuid) is 'Does the work of loacl.get_operator_role.';
revoke all on function loacl_private.get_operator_role(uuid) from public;
grant execute on function loacl_private.get_operator_role(uuid) to service_role;

create function loacl.get_operator_role(user_id uuid)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.get_operator_role(get_operator_role.user_id);
comment on function loacl.get_operator_role(uuid) is
  'For the functions: `admin`, `operator`, or null for an account that is neither, as an anonymous one always is. Whether the user is signed in is the caller''s to check.';
revoke all on function loacl.get_operator_role(uuid) from public;
grant execute on function loacl.get_operator_role(uuid) to service_role;

create function loacl_private.lock_operator(user_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from loacl_private.operators o where o.user_id = lock_operator.user_id for no key update;
  if not found then
    perform loacl_private.raise_error(403, 'not_operator', 'Only an operator of this project may do this.');
  end if;
end
$$;
comment on function loacl_private.lock_operator(uuid) is
  'Makes an operator''s changes of secrets wait for each other, to the end of the transaction. Errors: not_operator.';
revoke all on function loacl_private.lock_operator(uuid) from public;

create function loacl_private.identify_session(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  old_hash bytea := loacl_private.require_session_token_hash();
  new_hash bytea := loacl_private.hash_session_token(request ->> 'newToken');
  old_queue integer := hashtext(encode(old_hash, 'hex'));
  new_queue integer := hashtext(encode(new_hash, 'hex'));
  person_user_id uuid := loacl_private.find_live_user(request -> 'claims');
  person_external_id text := request ->> 'externalId';
  assistant loacl.assistants;
  session loacl.sessions;
  taken loacl.sessions;
  person_session_ids uuid[];
  ends_at timestamptz;
begin
  if new_hash is null or new_hash = old_hash then
    perform loacl_private.raise_error(400, 'invalid_body', '"newToken" must be a session token, and another than the one before.');
  end if;
  if num_nonnulls(person_user_id, person_external_id) <> 1 then
    perform loacl_private.raise_error(401, 'access_token_invalid', 'The access token''s user is not signed in any more.');
  end if;
  -- First, as in begin_turn.
  perform from loacl.assistants a where a.id = (request ->> 'assistantId')::uuid for key share;
  assistant := loacl_private.enter_assistant((request ->> 'assistantId')::uuid, request ->> 'origin');
  -- An identity token says who somebody was when it was signed; an access token comes along with each request.
  ends_at := now() + case when person_user_id is null then interval '24 hours' else interval '30 days' end;

  -- The same queues as begin_turn's. A first message that is on its way has made its session before this looks for one,
  -- or comes after, and is refused with the old token.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), least(old_queue, new_queue));
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), greatest(old_queue, new_queue));
  select s.* into session
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = old_hash
  for no key update of s;
  if session.assistant_id <> assistant.id then
    perform loacl_private.raise_error(403, 'session_mismatch', 'This session is with another assistant.');
  end if;
  if session.session_type = 'authenticated'
    and (session.user_id, session.external_id) is distinct from (person_user_id, person_external_id)
  then
    perform loacl_private.raise_error(409, 'session_bound', 'This session is another person''s. Sign out first.');
  end if;

  select s.* into taken
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = new_hash;
  if found then
    if session.id is not null or taken.assistant_id <> assistant.id
      or (taken.user_id, taken.external_id) is distinct from (person_user_id, person_external_id)
    then
      perform loacl_private.raise_error(409, 'id_conflict', 'This new token is a session''s already.');
    end if;
    -- The same request again: its answer was lost.
    session := taken;
  end if;
  if session.id is null then
    perform loacl_private.refuse_replaced_token(old_hash);
  end if;

  perform loacl_private.replace_session_token(old_hash);
  -- What a guest wrote in a session that has ended is nobody's any more.
  if session.id is null or (session.session_type = 'guest' and session.expires_at <= now()) then
    insert into loacl.sessions (assistant_id, session_type, user_id, external_id, expires_at)
    values (assistant.id, 'authenticated', person_user_id, person_external_id, ends_at)
    returning * into session;
    -- No limit counts sessions in which nothing is said. Without this, one identity token could make them without end.
    person_session_ids := loacl_private.find_person_session_ids(session);
    delete from loacl.sessions s
    where s.id in (
      select empty.id
      from loacl.sessions empty
      where empty.id = any (person_session_ids)
        and empty.id <> session.id
        and not exists (select from loacl.threads t where t.session_id = empty.id)
        and not exists (select from loacl.files f where f.session_id = empty.id)
      order by empty.last_active_at desc, empty.id
      offset 19
      for update skip locked
    );
  else
    update loacl.sessions s
    set session_type = 'authenticated',
      user_id = person_user_id,
      external_id = person_external_id,
      last_active_at = now(),
      expires_at = ends_at
    where s.id = session.id
    returning s.* into session;
  end if;
  if taken.id is null then
    insert into loacl_private.session_tokens (token_hash, session_id) values (new_hash, session.id);
  end if;

  return jsonb_build_object(
    'visitor', jsonb_build_object('sessionId', session.id, 'type', session.session_type),
    'expiresAt', session.expires_at
  );
end
$$;
comment on function loacl_private.identify_session(jsonb) is 'Does the work of loacl.identify_session.';
revoke all on function loacl_private.identify_session(jsonb) from public;
grant execute on function loacl_private.identify_session(jsonb) to service_role;

create function loacl.identify_session(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.identify_session(identify_session.request);
comment on function loacl.identify_session(jsonb) is
  'For the functions, which have verified who it is: binds the session of the request''s token to a person, and puts `newToken` in the token''s place: `{visitor, expiresAt}`. request: `{assistantId, origin, newToken}` and either `externalId` or the `claims` of an access token. The session is kept, with all that was written in it, and made if there is none; of a person''s sessions that nothing was written in, the latest twenty stay. Safe to repeat. Errors: session_missing, session_invalid, session_replaced, session_mismatch, session_bound, access_token_invalid, assistant_not_found, assistant_inactive, origin_not_allowed, invalid_body, id_conflict.';
revoke all on function loacl.identify_session(jsonb) from public;
grant execute on function loacl.identify_session(jsonb) to service_role;

create function loacl_private.sign_out_session()
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
begin
  -- A token that was nobody's leaves no trace: anybody can make them up.
  if exists (select from loacl_private.session_tokens k where k.token_hash = hash) then
    perform loacl_private.replace_session_token(hash);
  end if;
end
$$;
comment on function loacl_private.sign_out_session() is 'Does the work of loacl.sign_out_session.';
revoke all on function loacl_private.sign_out_session() from public;
grant execute on function loacl_private.sign_out_session() to service_role;

create function loacl.sign_out_session()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.sign_out_session();
comment on function loacl.sign_out_session() is
  'For the functions: forgets the request''s token, which is worth nothing from then on. What was written stays: a person finds it when they identify themselves again, a guest never. Safe to repeat. Errors: session_missing, session_invalid.';
revoke all on function loacl.sign_out_session() from public;
grant execute on function loacl.sign_out_session() to service_role;

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
  constraint secrets_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint secrets_purpose check (purpose in ('provider_key', 'identity_secret', 'tool_secret', 'mcp_secret')),
  constraint secrets_assistant_id_purpose check ((purpose = 'identity_secret') = (assistant_id is not null)),
  constraint secrets_key_id_length check (char_length(key_id) between 1 and 100),
  constraint secrets_ciphertext_shape check (ciphertext ~ '^[A-Za-z0-9+/]{38,}={0,2}$'),
  constraint secrets_last_four_length check (char_length(last_four) <= 4)
);

create index secrets_owner_id_idx on loacl_private.secrets (owner_id);
comment on index loacl_private.secrets_owner_id_idx is 'Serves: the deletion of an owner.';
create unique index secrets_assistant_id_idx on loacl_private.secrets (assistant_id);
comment on index loacl_private.secrets_assistant_id_idx is
  'Serves: the identity secret of an assistant; the deletion of an assistant. Holds: one for each.';

create trigger secrets_set_updated_at before update on loacl_private.secrets
  for each row execute function loacl_private.set_updated_at();

alter table loacl_private.secrets enable row level security;
revoke all on table loacl_private.secrets from public, anon, authenticated, service_role;
comment on table loacl_private.secrets is
  'Secrets of owners, sealed with AES-256-GCM inside the functions. The key ring is a function secret, so the database alone yields none.';
comment on column loacl_private.secrets.assistant_id is
  'Whose visitors an identity secret vouches for; null for every other purpose. Part of the seal.';
comment on column loacl_private.secrets.key_id is 'Which key of the ring sealed it.';
comment on column loacl_private.secrets.ciphertext is
  'Base64 of nonce, ciphertext and tag. Bound to purpose, id, owner, provider, base URL and key id: moved to another row it does not open.';
comment on column loacl_private.secrets.last_four is 'Last characters, for the owner to recognise it; null where another table says it.';

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
  constraint provider_configs_provider check (provider in ('openai')),
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
comment on column loacl.provider_configs.provider is 'Which wire format: openai means the Responses API.';
comment on column loacl.provider_configs.base_url is 'null: the provider''s own address. Part of the seal: a changed one makes the key unusable.';
comment on column loacl.provider_configs.key_last_four is 'Last characters of the key, for its owner to recognise it.';
comment on column loacl.provider_configs.is_default is 'Preferred where several are active: at most one per owner.';

create policy provider_configs_select_own on loacl.provider_configs for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create function loacl_private.delete_unused_secret()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever deleted
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.secrets s
  where s.id = old.secret_id and not exists (select from loacl.provider_configs p where p.secret_id = old.secret_id);
  return null;
end
$$;
comment on function loacl_private.delete_unused_secret() is
  'Trigger: a key that was replaced or removed is kept nowhere, not even sealed.';
revoke all on function loacl_private.delete_unused_secret() from public;

create trigger provider_configs_delete_unused_secret after delete or update of secret_id on loacl.provider_configs
  for each row execute function loacl_private.delete_unused_secret();

create function loacl_private.to_sealed_secret(secret loacl_private.secrets)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object(
    'secretId', (secret).id,
    'keyId', (secret).key_id,
    'ciphertext', (secret).ciphertext,
    'purpose', (secret).purpose,
    'ownerId', (secret).owner_id,
    'provider', coalesce(config.provider, (secret).assistant_id::text, ''),
    'baseUrl', config.base_url
  )
  from (select) as always
  left join lateral (
    select p.provider, p.base_url
    from loacl.provider_configs p
    where p.secret_id = (secret).id and p.owner_id = (secret).owner_id
    order by p.created_at, p.id
    limit 1
  ) as config on true
);
comment on function loacl_private.to_sealed_secret(loacl_private.secrets) is
  'A secret as the functions open it: the ciphertext, and all that it is bound to. The `provider` of an identity secret is the id of its assistant.';
revoke all on function loacl_private.to_sealed_secret(loacl_private.secrets) from public;

create function loacl_private.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns uuid
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  config_id uuid;
begin
  perform loacl_private.lock_operator(set_provider_key.owner_id);
  insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
  values (
    set_provider_key.secret_id, set_provider_key.owner_id, 'provider_key',
    set_provider_key.key_id, set_provider_key.ciphertext
  );
  update loacl.provider_configs p
  set is_default = false
  where p.owner_id = set_provider_key.owner_id and p.is_default
    and (p.provider, coalesce(p.base_url, '')) <> (set_provider_key.provider, coalesce(set_provider_key.base_url, ''));
  insert into loacl.provider_configs as p (owner_id, provider, base_url, secret_id, key_last_four, is_default)
  values (
    set_provider_key.owner_id, set_provider_key.provider, set_provider_key.base_url,
    set_provider_key.secret_id, set_provider_key.last_four, true
  )
  on conflict on constraint provider_configs_owner_id_provider_base_url_key
  do update set secret_id = excluded.secret_id, key_last_four = excluded.key_last_four, is_active = true, is_default = true
  returning p.id into config_id;
  return config_id;
end
$$;
comment on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text) is
  'Does the work of loacl.set_provider_key.';
revoke all on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text) from public;
grant execute on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text) to service_role;

create function loacl.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns uuid
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_provider_key(
  set_provider_key.owner_id,
  set_provider_key.provider,
  set_provider_key.base_url,
  set_provider_key.secret_id,
  set_provider_key.key_id,
  set_provider_key.ciphertext,
  set_provider_key.last_four
);
comment on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text) is
  'For the functions: keeps a key, sealed for a new `secret_id`, as the one that the owner''s next turns use, and forgets the one it replaces. Returns the id of the provider config. Errors: not_operator.';
revoke all on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text) from public;
grant execute on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text) to service_role;

create function loacl.remove_provider_key(owner_id uuid, config_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl.provider_configs p
    where p.id = remove_provider_key.config_id and p.owner_id = remove_provider_key.owner_id
    returning p.id
  )
  select exists (select from removed);
end;
comment on function loacl.remove_provider_key(uuid, uuid) is
  'For the functions: removes an owner''s provider config with its key, and says whether there was one.';
revoke all on function loacl.remove_provider_key(uuid, uuid) from public;
grant execute on function loacl.remove_provider_key(uuid, uuid) to service_role;

create function loacl_private.read_provider_key(owner_id uuid, config_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'secret', loacl_private.to_sealed_secret(s),
    'model', (
      select a.model from loacl.assistants a where a.owner_id = p.owner_id order by a.is_default desc, a.created_at limit 1
    )
  )
  from loacl.provider_configs p
  join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key'
  where p.owner_id = read_provider_key.owner_id
    and (p.id = read_provider_key.config_id or (read_provider_key.config_id is null and p.is_active))
  order by p.is_default desc, p.created_at, p.id
  limit 1;
end;
comment on function loacl_private.read_provider_key(uuid, uuid) is 'Does the work of loacl.read_provider_key.';
revoke all on function loacl_private.read_provider_key(uuid, uuid) from public;
grant execute on function loacl_private.read_provider_key(uuid, uuid) to service_role;

create function loacl.read_provider_key(owner_id uuid, config_id uuid default null)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_provider_key(read_provider_key.owner_id, read_provider_key.config_id);
comment on function loacl.read_provider_key(uuid, uuid) is
  'For the functions: an owner''s sealed key and a model of theirs to try it with, `{secret, model}`; without `config_id` the key that turns use. null where there is none.';
revoke all on function loacl.read_provider_key(uuid, uuid) from public;
grant execute on function loacl.read_provider_key(uuid, uuid) to service_role;

create function loacl_private.set_identity_secret(
  owner_id uuid,
  assistant_id uuid,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.lock_operator(set_identity_secret.owner_id);
  perform from loacl.assistants a
  where a.id = set_identity_secret.assistant_id and a.owner_id = set_identity_secret.owner_id
  for key share;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  delete from loacl_private.secrets s where s.assistant_id = set_identity_secret.assistant_id;
  insert into loacl_private.secrets (id, owner_id, assistant_id, purpose, key_id, ciphertext, last_four)
  values (
    set_identity_secret.secret_id, set_identity_secret.owner_id, set_identity_secret.assistant_id, 'identity_secret',
    set_identity_secret.key_id, set_identity_secret.ciphertext, set_identity_secret.last_four
  );
end
$$;
comment on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) is
  'Does the work of loacl.set_identity_secret.';
revoke all on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl.set_identity_secret(
  owner_id uuid,
  assistant_id uuid,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.set_identity_secret(
    set_identity_secret.owner_id,
    set_identity_secret.assistant_id,
    set_identity_secret.secret_id,
    set_identity_secret.key_id,
    set_identity_secret.ciphertext,
    set_identity_secret.last_four
  );
end;
comment on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) is
  'For the functions: keeps the secret that an assistant''s site signs identity tokens with, sealed for a new `secret_id`, in place of the one it has. Errors: not_operator, assistant_not_found.';
revoke all on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl_private.remove_identity_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.assistant_id = remove_identity_secret.assistant_id and s.owner_id = remove_identity_secret.owner_id
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_identity_secret(uuid, uuid) is 'Does the work of loacl.remove_identity_secret.';
revoke all on function loacl_private.remove_identity_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_identity_secret(uuid, uuid) to service_role;

create function loacl.remove_identity_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.remove_identity_secret(remove_identity_secret.owner_id, remove_identity_secret.assistant_id);
end;
comment on function loacl.remove_identity_secret(uuid, uuid) is
  'For the functions: forgets an assistant''s identity secret, and says whether there was one. Its site''s visitors can''t identify themselves until it has another.';
revoke all on function loacl.remove_identity_secret(uuid, uuid) from public;
grant execute on function loacl.remove_identity_secret(uuid, uuid) to service_role;

create function loacl_private.describe_identity_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('isSet', s.id is not null, 'lastFour', s.last_four, 'createdAt', s.created_at)
  from loacl.assistants a
  left join loacl_private.secrets s on s.assistant_id = a.id
  where a.id = describe_identity_secret.assistant_id and a.owner_id = describe_identity_secret.owner_id;
end;
comment on function loacl_private.describe_identity_secret(uuid, uuid) is 'Does the work of loacl.describe_identity_secret.';
revoke all on function loacl_private.describe_identity_secret(uuid, uuid) from public;
grant execute on function loacl_private.describe_identity_secret(uuid, uuid) to service_role;

create function loacl.describe_identity_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.describe_identity_secret(
  describe_identity_secret.owner_id, describe_identity_secret.assistant_id
);
comment on function loacl.describe_identity_secret(uuid, uuid) is
  'For the functions: `{isSet, lastFour, createdAt}`, without the secret. null where the owner has no such assistant.';
revoke all on function loacl.describe_identity_secret(uuid, uuid) from public;
grant execute on function loacl.describe_identity_secret(uuid, uuid) to service_role;

create function loacl_private.read_identity_secret(assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.to_sealed_secret(s)
  from loacl_private.secrets s
  where s.assistant_id = read_identity_secret.assistant_id and s.purpose = 'identity_secret';
end;
comment on function loacl_private.read_identity_secret(uuid) is 'Does the work of loacl.read_identity_secret.';
revoke all on function loacl_private.read_identity_secret(uuid) from public;
grant execute on function loacl_private.read_identity_secret(uuid) to service_role;

create function loacl.read_identity_secret(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_identity_secret(read_identity_secret.assistant_id);
comment on function loacl.read_identity_secret(uuid) is
  'For the functions: the sealed secret that an assistant''s identity tokens are signed with; null where it has none.';
revoke all on function loacl.read_identity_secret(uuid) from public;
grant execute on function loacl.read_identity_secret(uuid) to service_role;

create function loacl_private.list_secrets_to_reseal(key_id text, owner_id uuid, after_id uuid, batch_size integer)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(jsonb_agg(loacl_private.to_sealed_secret(s) order by s.id), '[]')
  from (
    select *
    from loacl_private.secrets s
    where s.key_id <> list_secrets_to_reseal.key_id
      and (list_secrets_to_reseal.owner_id is null or s.owner_id = list_secrets_to_reseal.owner_id)
      and (list_secrets_to_reseal.after_id is null or s.id > list_secrets_to_reseal.after_id)
    order by s.id
    limit least(greatest(list_secrets_to_reseal.batch_size, 1), 100)
  ) as s;
end;
comment on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) is
  'Does the work of loacl.list_secrets_to_reseal.';
revoke all on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) from public;
grant execute on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) to service_role;

create function loacl.list_secrets_to_reseal(
  key_id text,
  owner_id uuid default null,
  after_id uuid default null,
  batch_size integer default 50
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_secrets_to_reseal(
  list_secrets_to_reseal.key_id,
  list_secrets_to_reseal.owner_id,
  list_secrets_to_reseal.after_id,
  list_secrets_to_reseal.batch_size
);
comment on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) is
  'For the functions: sealed secrets of one owner, or of all, that another key than `key_id` sealed, by id from `after_id` on. At most 100.';
revoke all on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) from public;
grant execute on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) to service_role;

create function loacl_private.reseal_secret(secret_id uuid, old_ciphertext text, key_id text, ciphertext text)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with resealed as (
    update loacl_private.secrets s
    set key_id = reseal_secret.key_id, ciphertext = reseal_secret.ciphertext
    where s.id = reseal_secret.secret_id and s.ciphertext = reseal_secret.old_ciphertext
    returning s.id
  )
  select exists (select from resealed);
end;
comment on function loacl_private.reseal_secret(uuid, text, text, text) is 'Does the work of loacl.reseal_secret.';
revoke all on function loacl_private.reseal_secret(uuid, text, text, text) from public;
grant execute on function loacl_private.reseal_secret(uuid, text, text, text) to service_role;

create function loacl.reseal_secret(secret_id uuid, old_ciphertext text, key_id text, ciphertext text)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.reseal_secret(
    reseal_secret.secret_id, reseal_secret.old_ciphertext, reseal_secret.key_id, reseal_secret.ciphertext
  );
end;
comment on function loacl.reseal_secret(uuid, text, text, text) is
  'For the functions: puts the same secret under another key of the ring. false where it has been replaced or removed since it was read: then there is nothing to do.';
revoke all on function loacl.reseal_secret(uuid, text, text, text) from public;
grant execute on function loacl.reseal_secret(uuid, text, text, text) to service_role;

create table loacl.documents (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  original_name text not null,
  category text,
  mime_type text,
  size_bytes bigint,
  sha256 bytea,
  storage_path text,
  provider_config_id uuid,
  provider_file_id text,
  status text not null default 'pending',
  error_message text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint documents_id_owner_id_key unique (id, owner_id),
  constraint documents_owner_id_provider_file_id_key unique (owner_id, provider_file_id),
  constraint documents_storage_path_key unique (storage_path),
  constraint documents_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete set null (provider_config_id),
  constraint documents_original_name_length check (char_length(btrim(original_name)) between 1 and 255),
  constraint documents_category_length check (char_length(btrim(category)) between 1 and 100),
  constraint documents_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint documents_size_bytes_positive check (size_bytes >= 0),
  constraint documents_sha256_length check (octet_length(sha256) = 32),
  constraint documents_storage_path_length check (char_length(storage_path) between 1 and 1024),
  constraint documents_provider_file_id_length check (char_length(provider_file_id) between 1 and 255),
  constraint documents_status check (status in ('pending', 'processing', 'completed', 'failed')),
  constraint documents_error_message_status check (error_message is null or status = 'failed'),
  constraint documents_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index documents_owner_id_created_at_idx on loacl.documents (owner_id, created_at desc, id desc);
comment on index loacl.documents_owner_id_created_at_idx is 'Serves: an operator''s documents, newest first; the deletion of an owner.';
create index documents_unfinished_idx on loacl.documents (owner_id, status) where status <> 'completed';
comment on index loacl.documents_unfinished_idx is 'Serves: what is not ready yet, or failed.';
create index documents_provider_config_id_idx on loacl.documents (provider_config_id);
comment on index loacl.documents_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger documents_set_updated_at before update on loacl.documents
  for each row execute function loacl_private.set_updated_at();

alter table loacl.documents enable row level security;
revoke all on table loacl.documents from public, anon, authenticated, service_role;
grant select, delete on table loacl.documents to authenticated;
grant insert (owner_id, original_name, category, mime_type, metadata) on table loacl.documents to authenticated;
grant update (original_name, category, metadata) on table loacl.documents to authenticated;
grant select, insert, update, delete on table loacl.documents to service_role;
comment on table loacl.documents is
  'A file of an owner''s knowledge, for their assistants to search. Operators see their own, add and remove them and sort them; the functions keep the rest. Visitors never read it: they see what an answer cites.';
comment on column loacl.documents.owner_id is 'An operator.';
comment on column loacl.documents.original_name is 'The file''s name as its owner has it.';
comment on column loacl.documents.category is 'How its owner sorts it.';
comment on column loacl.documents.sha256 is 'Of the bytes, computed by the server; null until they have come.';
comment on column loacl.documents.storage_path is 'Where Storage keeps the bytes, in the bucket `loacl`; null where the provider alone has them.';
comment on column loacl.documents.provider_config_id is 'Where it was uploaded to; null until then, and once that config is gone.';
comment on column loacl.documents.provider_file_id is 'The provider''s id of the file; null until it was uploaded there.';
comment on column loacl.documents.status is
  'pending: the provider does not have it yet. processing: the provider is reading it. completed: it can be searched. failed: see error_message.';
comment on column loacl.documents.error_message is 'Why it failed, for the owner.';
comment on column loacl.documents.metadata is 'The host''s own data.';

create policy documents_select_own on loacl.documents for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_insert_own on loacl.documents for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_update_own on loacl.documents for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_delete_own on loacl.documents for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.vector_stores (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  provider_config_id uuid,
  provider_vector_store_id text,
  status text not null default 'active',
  expires_after_days integer,
  expires_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vector_stores_id_owner_id_key unique (id, owner_id),
  constraint vector_stores_owner_id_provider_vector_store_id_key unique (owner_id, provider_vector_store_id),
  constraint vector_stores_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete set null (provider_config_id),
  constraint vector_stores_name_length check (char_length(btrim(name)) between 1 and 255),
  constraint vector_stores_provider_vector_store_id_length check (char_length(provider_vector_store_id) between 1 and 255),
  constraint vector_stores_status check (status in ('active', 'expired', 'deleted')),
  constraint vector_stores_expires_after_days_range check (expires_after_days between 1 and 365),
  constraint vector_stores_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index vector_stores_owner_id_created_at_idx on loacl.vector_stores (owner_id, created_at desc, id desc);
comment on index loacl.vector_stores_owner_id_created_at_idx is 'Serves: an operator''s stores, newest first; the deletion of an owner.';
create index vector_stores_provider_config_id_idx on loacl.vector_stores (provider_config_id);
comment on index loacl.vector_stores_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger vector_stores_set_updated_at before update on loacl.vector_stores
  for each row execute function loacl_private.set_updated_at();

alter table loacl.vector_stores enable row level security;
revoke all on table loacl.vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.vector_stores to authenticated;
grant insert (owner_id, name, expires_after_days, metadata) on table loacl.vector_stores to authenticated;
grant update (name, expires_after_days, metadata) on table loacl.vector_stores to authenticated;
grant select, insert, update, delete on table loacl.vector_stores to service_role;
comment on table loacl.vector_stores is
  'An index of documents that the model provider keeps and its file search reads. Operators see their own, add, name and remove them; the functions keep the rest.';
comment on column loacl.vector_stores.owner_id is 'An operator.';
comment on column loacl.vector_stores.provider_config_id is 'Where it was made; null until then, and once that config is gone.';
comment on column loacl.vector_stores.provider_vector_store_id is 'The provider''s id of the store; null until it was made there.';
comment on column loacl.vector_stores.status is
  'expired: the provider has dropped it; its documents can be indexed anew. deleted: nothing searches it any more, and the provider is being told.';
comment on column loacl.vector_stores.expires_after_days is 'Days without a search after which the provider drops it; null: never.';
comment on column loacl.vector_stores.expires_at is 'When the provider drops it, as it said last.';
comment on column loacl.vector_stores.metadata is 'The host''s own data.';

create policy vector_stores_select_own on loacl.vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_insert_own on loacl.vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_update_own on loacl.vector_stores for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_delete_own on loacl.vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.document_vector_stores (
  document_id uuid not null,
  vector_store_id uuid not null,
  owner_id uuid not null default auth.uid(),
  status text not null default 'pending',
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint document_vector_stores_pkey primary key (document_id, vector_store_id),
  constraint document_vector_stores_document_fkey foreign key (document_id, owner_id)
    references loacl.documents (id, owner_id) on delete cascade,
  constraint document_vector_stores_vector_store_fkey foreign key (vector_store_id, owner_id)
    references loacl.vector_stores (id, owner_id) on delete cascade,
  constraint document_vector_stores_status check (status in ('pending', 'processing', 'completed', 'failed')),
  constraint document_vector_stores_error_message_status check (error_message is null or status = 'failed')
);

create index document_vector_stores_vector_store_id_idx on loacl.document_vector_stores (vector_store_id);
comment on index loacl.document_vector_stores_vector_store_id_idx is 'Serves: the documents of a store; the deletion of a store.';
create index document_vector_stores_owner_id_idx on loacl.document_vector_stores (owner_id);
comment on index loacl.document_vector_stores_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger document_vector_stores_set_updated_at before update on loacl.document_vector_stores
  for each row execute function loacl_private.set_updated_at();

alter table loacl.document_vector_stores enable row level security;
revoke all on table loacl.document_vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.document_vector_stores to authenticated;
grant insert (document_id, vector_store_id, owner_id) on table loacl.document_vector_stores to authenticated;
grant select, insert, update, delete on table loacl.document_vector_stores to service_role;
comment on table loacl.document_vector_stores is
  'Which documents are in which store. Operators put their own in and take them out; the functions keep the status.';
comment on column loacl.document_vector_stores.owner_id is 'Of the document and of the store: nobody''s document gets into another owner''s store.';
comment on column loacl.document_vector_stores.status is 'How far the provider is with indexing this document in this store.';
comment on column loacl.document_vector_stores.error_message is 'Why it failed, for the owner.';

create policy document_vector_stores_select_own on loacl.document_vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy document_vector_stores_insert_own on loacl.document_vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy document_vector_stores_delete_own on loacl.document_vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.assistant_documents (
  assistant_id uuid not null,
  document_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint assistant_documents_pkey primary key (assistant_id, document_id),
  constraint assistant_documents_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_documents_document_fkey foreign key (document_id, owner_id)
    references loacl.documents (id, owner_id) on delete cascade
);

create index assistant_documents_document_id_idx on loacl.assistant_documents (document_id);
comment on index loacl.assistant_documents_document_id_idx is 'Serves: the assistants of a document; the deletion of a document.';
create index assistant_documents_owner_id_idx on loacl.assistant_documents (owner_id);
comment on index loacl.assistant_documents_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

alter table loacl.assistant_documents enable row level security;
revoke all on table loacl.assistant_documents from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_documents to authenticated;
grant insert (assistant_id, document_id, owner_id) on table loacl.assistant_documents to authenticated;
grant select, insert, update, delete on table loacl.assistant_documents to service_role;
comment on table loacl.assistant_documents is 'Documents that an assistant is given whole. Operators put their own in and take them out.';
comment on column loacl.assistant_documents.owner_id is 'Of the assistant and of the document: nobody''s document gets to another owner''s assistant.';

create policy assistant_documents_select_own on loacl.assistant_documents for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_documents_insert_own on loacl.assistant_documents for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_documents_delete_own on loacl.assistant_documents for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.assistant_vector_stores (
  assistant_id uuid not null,
  vector_store_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint assistant_vector_stores_pkey primary key (assistant_id, vector_store_id),
  constraint assistant_vector_stores_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_vector_stores_vector_store_fkey foreign key (vector_store_id, owner_id)
    references loacl.vector_stores (id, owner_id) on delete cascade
);

create index assistant_vector_stores_vector_store_id_idx on loacl.assistant_vector_stores (vector_store_id);
comment on index loacl.assistant_vector_stores_vector_store_id_idx is 'Serves: the assistants of a store; the deletion of a store.';
create index assistant_vector_stores_owner_id_idx on loacl.assistant_vector_stores (owner_id);
comment on index loacl.assistant_vector_stores_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

alter table loacl.assistant_vector_stores enable row level security;
revoke all on table loacl.assistant_vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_vector_stores to authenticated;
grant insert (assistant_id, vector_store_id, owner_id) on table loacl.assistant_vector_stores to authenticated;
grant select, insert, update, delete on table loacl.assistant_vector_stores to service_role;
comment on table loacl.assistant_vector_stores is 'Stores that an assistant searches. Operators put their own in and take them out.';
comment on column loacl.assistant_vector_stores.owner_id is 'Of the assistant and of the store: nobody''s store gets to another owner''s assistant.';

create policy assistant_vector_stores_select_own on loacl.assistant_vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_vector_stores_insert_own on loacl.assistant_vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_vector_stores_delete_own on loacl.assistant_vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.resources (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  key text not null,
  title text,
  content text not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint resources_id_owner_id_key unique (id, owner_id),
  constraint resources_owner_id_key_key unique (owner_id, key),
  constraint resources_key_length check (char_length(btrim(key)) between 1 and 255),
  constraint resources_title_length check (char_length(btrim(title)) between 1 and 255),
  constraint resources_content_length check (char_length(content) <= 200000),
  constraint resources_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create trigger resources_set_updated_at before update on loacl.resources
  for each row execute function loacl_private.set_updated_at();

alter table loacl.resources enable row level security;
revoke all on table loacl.resources from public, anon, authenticated, service_role;
grant select, delete on table loacl.resources to authenticated;
grant insert (owner_id, key, title, content, metadata) on table loacl.resources to authenticated;
grant update (key, title, content, metadata) on table loacl.resources to authenticated;
grant select, insert, update, delete on table loacl.resources to service_role;
comment on table loacl.resources is
  'Content of an owner''s that is the same for everybody. Operators see and change their own; what visitors may see comes from list_resources.';
comment on column loacl.resources.owner_id is 'An operator.';
comment on column loacl.resources.key is 'The owner''s name for it, such as `opening-hours`.';
comment on column loacl.resources.title is 'Shown above it.';
comment on column loacl.resources.content is 'Markdown.';
comment on column loacl.resources.metadata is 'The host''s own data.';

create policy resources_select_own on loacl.resources for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_insert_own on loacl.resources for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_update_own on loacl.resources for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_delete_own on loacl.resources for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.assistant_resources (
  assistant_id uuid not null,
  resource_id uuid not null,
  owner_id uuid not null default auth.uid(),
  is_public boolean not null default false,
  is_given boolean not null default true,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint assistant_resources_pkey primary key (assistant_id, resource_id),
  constraint assistant_resources_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_resources_resource_fkey foreign key (resource_id, owner_id)
    references loacl.resources (id, owner_id) on delete cascade
);

create index assistant_resources_resource_id_idx on loacl.assistant_resources (resource_id);
comment on index loacl.assistant_resources_resource_id_idx is 'Serves: the assistants of a resource; the deletion of a resource.';
create index assistant_resources_owner_id_idx on loacl.assistant_resources (owner_id);
comment on index loacl.assistant_resources_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger assistant_resources_set_updated_at before update on loacl.assistant_resources
  for each row execute function loacl_private.set_updated_at();

alter table loacl.assistant_resources enable row level security;
revoke all on table loacl.assistant_resources from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_resources to authenticated;
grant insert (assistant_id, resource_id, owner_id, is_public, is_given, position) on table loacl.assistant_resources to authenticated;
grant update (is_public, is_given, position) on table loacl.assistant_resources to authenticated;
grant select, insert, update, delete on table loacl.assistant_resources to service_role;
comment on table loacl.assistant_resources is 'Which resources belong to which assistant, and for whom. Operators put their own in and take them out.';
comment on column loacl.assistant_resources.owner_id is 'Of the assistant and of the resource: nobody''s resource gets to another owner''s assistant.';
comment on column loacl.assistant_resources.is_public is 'Whether visitors of this assistant may see it.';
comment on column loacl.assistant_resources.is_given is 'Whether the assistant is given its content along with the instructions.';
comment on column loacl.assistant_resources.position is 'The lowest comes first.';

create policy assistant_resources_select_own on loacl.assistant_resources for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_insert_own on loacl.assistant_resources for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_update_own on loacl.assistant_resources for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_delete_own on loacl.assistant_resources for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create function loacl_private.list_resources(assistant_id uuid)
returns jsonb
language sql
stable
security definer -- visitors read neither assistants nor resources
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', r.id, 'key', r.key, 'title', r.title, 'content', r.content)
      order by l.position, r.key
    ) filter (where r.id is not null),
    '[]'
  )
  from loacl_private.enter_assistant(list_resources.assistant_id, loacl_private.read_header('origin')) a
  left join loacl.assistant_resources l on l.assistant_id = a.id and l.is_public
  left join loacl.resources r on r.id = l.resource_id;
end;
comment on function loacl_private.list_resources(uuid) is 'See loacl.list_resources.';
revoke all on function loacl_private.list_resources(uuid) from public;
grant execute on function loacl_private.list_resources(uuid) to anon, authenticated;

create function loacl.list_resources(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_resources(list_resources.assistant_id);
comment on function loacl.list_resources(uuid) is
  'The resources of an assistant that its visitors may see: `[{id, key, title, content}]`. Needs no session. Errors: assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl.list_resources(uuid) from public;
grant execute on function loacl.list_resources(uuid) to anon, authenticated;

create table loacl.threads (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null,
  assistant_id uuid not null,
  title text,
  status text not null default 'active',
  last_message_at timestamptz not null default now(),
  deleted_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint threads_session_fkey foreign key (session_id, assistant_id)
    references loacl.sessions (id, assistant_id) on delete cascade,
  constraint threads_id_session_id_assistant_id_key unique (id, session_id, assistant_id),
  constraint threads_title_length check (char_length(btrim(title)) between 1 and 200),
  constraint threads_status check (status in ('active', 'archived', 'deleted')),
  constraint threads_deleted_at_status check ((deleted_at is not null) = (status = 'deleted')),
  constraint threads_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index threads_session_id_last_message_at_idx on loacl.threads (session_id, last_message_at desc, id desc);
comment on index loacl.threads_session_id_last_message_at_idx is 'Serves: a visitor''s list of threads; the deletion of a session.';
create index threads_assistant_id_last_message_at_idx on loacl.threads (assistant_id, last_message_at desc, id desc);
comment on index loacl.threads_assistant_id_last_message_at_idx is 'Serves: an operator''s latest conversations; those past an assistant''s retention.';
create index threads_deleted_at_idx on loacl.threads (deleted_at) where deleted_at is not null;
comment on index loacl.threads_deleted_at_idx is 'Serves: deleted threads that can be purged.';
create index threads_session_id_deleted_idx on loacl.threads (session_id) where status = 'deleted';
comment on index loacl.threads_session_id_deleted_idx is 'Serves: a visitor''s deleted threads, whose contents are hidden from them.';

create trigger threads_set_updated_at before update on loacl.threads
  for each row execute function loacl_private.set_updated_at();

create function loacl_private.set_deleted_at()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.deleted_at := case when new.status = 'deleted' then coalesce(new.deleted_at, now()) end;
  return new;
end
$$;
comment on function loacl_private.set_deleted_at() is 'Trigger: sets deleted_at when a thread is deleted, and clears it when it is restored.';
revoke all on function loacl_private.set_deleted_at() from public;

create trigger threads_set_deleted_at before insert or update of status on loacl.threads
  for each row execute function loacl_private.set_deleted_at();

alter table loacl.threads enable row level security;
revoke all on table loacl.threads from public, anon, authenticated, service_role;
grant select on table loacl.threads to anon, authenticated;
grant update (title, status) on table loacl.threads to anon, authenticated;
grant select, insert, update, delete on table loacl.threads to service_role;
comment on table loacl.threads is
  'A conversation. Visitors see theirs, and may rename and archive them; operators see those of their assistants.';
comment on column loacl.threads.assistant_id is 'The session''s assistant, here so that a policy asks one indexed question.';
comment on column loacl.threads.title is 'null until the first answer, or the visitor, gives one.';
comment on column loacl.threads.status is 'deleted: gone for the visitor, and can be undone until it is purged.';
comment on column loacl.threads.deleted_at is 'When it was deleted. Seven days later it is purged.';
comment on column loacl.threads.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy threads_select_visitor on loacl.threads for select to anon
  using (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted');
create policy threads_select_own on loacl.threads for select to authenticated
  using (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
create policy threads_update_visitor on loacl.threads for update to anon
  using (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted');
create policy threads_update_own on loacl.threads for update to authenticated
  using (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  )
  with check (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create function loacl_private.to_thread_summary(thread loacl.threads)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'id', (thread).id,
    'title', (thread).title,
    'status', (thread).status,
    'createdAt', (thread).created_at,
    'lastMessageAt', (thread).last_message_at
  );
end
$$;
comment on function loacl_private.to_thread_summary(loacl.threads) is 'A thread as it travels: `ThreadSummary`.';
revoke all on function loacl_private.to_thread_summary(loacl.threads) from public;
grant execute on function loacl_private.to_thread_summary(loacl.threads) to anon, authenticated;

-- What was said in a deleted thread is as gone for its visitor as the thread is.
create function loacl_private.own_deleted_thread_ids()
returns uuid[]
language plpgsql
stable
security definer -- visitors can't see them
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One query: with the ids in a variable it would be planned at each call, for that number of ids.
  return array(
    select t.id
    from loacl.threads t
    where t.status = 'deleted'
      and t.session_id = any (
        (select loacl_private.find_own_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb))::uuid[]
      )
  );
end
$$;
comment on function loacl_private.own_deleted_thread_ids() is
  'The calling visitor''s threads that are deleted and not yet purged. A policy calls this once per statement; a look at each row''s thread would run once per row.';
revoke all on function loacl_private.own_deleted_thread_ids() from public;
grant execute on function loacl_private.own_deleted_thread_ids() to anon, authenticated;

create table loacl.messages (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  parent_id uuid references loacl.messages (id) on delete set null,
  client_id uuid,
  role text not null,
  author text not null,
  status text not null default 'completed',
  content text not null default '',
  parts jsonb not null default '[]',
  model text,
  error_code text,
  cut_reason text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint messages_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint messages_client_id_session_id_key unique (client_id, session_id),
  constraint messages_role check (role in ('user', 'assistant', 'system')),
  constraint messages_status check (status in ('streaming', 'waiting', 'completed', 'stopped', 'cut', 'failed')),
  constraint messages_author check (author in ('visitor', 'assistant', 'person', 'system')),
  constraint messages_author_role check (
    role = case author when 'visitor' then 'user' when 'system' then 'system' else 'assistant' end
  ),
  constraint messages_streaming_author check (author = 'assistant' or status = 'completed'),
  constraint messages_client_id_author check (client_id is null or author = 'visitor'),
  constraint messages_content_length check (char_length(content) <= 1000000),
  constraint messages_parts_array check (jsonb_typeof(parts) = 'array'),
  -- Who sees a message sees all columns of it. Reasoning may have to be hidden: it is kept in message_internals.
  constraint messages_parts_no_reasoning check (not jsonb_path_exists(parts, '$[*] ? (@.type == "reasoning")')),
  constraint messages_error_code_status check ((error_code is not null) = (status = 'failed')),
  constraint messages_cut_reason_status check ((cut_reason is not null) = (status = 'cut')),
  constraint messages_cut_reason check (cut_reason in ('time_limit', 'max_output_tokens', 'content_filter', 'budget')),
  constraint messages_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index messages_thread_id_seq_idx on loacl.messages (thread_id, seq desc);
comment on index loacl.messages_thread_id_seq_idx is 'Serves: the newest messages of a thread; the deletion of a thread.';
create index messages_parent_id_idx on loacl.messages (parent_id);
comment on index loacl.messages_parent_id_idx is 'Serves: siblings of a message; the deletion of a message.';
-- With an index on session_id alone the planner reads a visitor's whole history to find one thread: it doesn't know that a
-- thread belongs to one session.
create index messages_session_id_thread_id_idx on loacl.messages (session_id, thread_id);
comment on index loacl.messages_session_id_thread_id_idx is
  'Serves: the policies'' question, whether or not a query names a thread.';
create index messages_assistant_id_seq_idx on loacl.messages (assistant_id, seq desc);
comment on index loacl.messages_assistant_id_seq_idx is 'Serves: an operator''s latest messages.';
create index messages_assistant_id_created_at_idx on loacl.messages (assistant_id, created_at) where role = 'user';
comment on index loacl.messages_assistant_id_created_at_idx is 'Serves: how many messages visitors sent in a time.';

create trigger messages_set_updated_at before update on loacl.messages
  for each row execute function loacl_private.set_updated_at();

-- A visitor goes on with a conversation that another of their devices began.
create function loacl_private.set_session_and_author()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  select coalesce(
    (select t.session_id from loacl.threads t where t.id = new.thread_id and t.assistant_id = new.assistant_id),
    new.session_id
  ) into new.session_id;
  new.author := coalesce(new.author, case new.role when 'user' then 'visitor' else new.role end);
  return new;
end
$$;
comment on function loacl_private.set_session_and_author() is
  'Trigger: a message belongs to the session that began its thread, on whichever of a visitor''s devices it was written, so that a thread is one visitor''s as a whole. Where nobody says who wrote it, its role does.';
revoke all on function loacl_private.set_session_and_author() from public;

create trigger messages_set_session_and_author before insert on loacl.messages
  for each row execute function loacl_private.set_session_and_author();

alter table loacl.messages enable row level security;
revoke all on table loacl.messages from public, anon, authenticated, service_role;
grant select on table loacl.messages to anon, authenticated;
grant select, insert, update, delete on table loacl.messages to service_role;
comment on table loacl.messages is
  'What was said. Visitors see theirs, operators those of their assistants; only the functions write. A thread is a tree: the branch that ends in its newest message is the one shown, and what was tried again stays beside it.';
comment on column loacl.messages.seq is 'The order. Times can''t be it: now() is one for a whole transaction.';
comment on column loacl.messages.session_id is 'The thread''s session, here so that a policy asks one indexed question.';
comment on column loacl.messages.assistant_id is 'The thread''s assistant, here so that a policy asks one indexed question.';
comment on column loacl.messages.parent_id is 'The message that it answers or follows; null for a thread''s first. Messages with one parent are alternatives.';
comment on column loacl.messages.client_id is 'Made by the browser. The same one sent twice is one message.';
comment on column loacl.messages.role is 'How the model is told of it: what a person wrote to the visitor is said by the assistant.';
comment on column loacl.messages.author is
  'Who wrote it. assistant: the model, in a turn. person: somebody of the site, without a turn. system: not shown to the visitor.';
comment on column loacl.messages.status is 'streaming: its turn runs. waiting: its turn waits, and this is the answer so far. Either may be overdue, and nobody has looked since.';
comment on column loacl.messages.content is 'The text parts, joined.';
comment on column loacl.messages.parts is 'What is shown: text and sources. Reasoning, where it may be shown, is put between them as a message travels.';
comment on column loacl.messages.model is 'Which model answered.';
comment on column loacl.messages.cut_reason is 'Which limit an answer ran into.';
comment on column loacl.messages.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy messages_select_visitor on loacl.messages for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and role <> 'system'
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy messages_select_own on loacl.messages for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and role <> 'system'
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create table loacl_private.message_internals (
  message_id uuid primary key references loacl.messages (id) on delete cascade,
  reasoning jsonb,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint message_internals_reasoning_array check (jsonb_typeof(reasoning) = 'array' and reasoning <> '[]'),
  constraint message_internals_metadata_object check (jsonb_typeof(metadata) = 'object')
);
alter table loacl_private.message_internals enable row level security;
revoke all on table loacl_private.message_internals from public, anon, authenticated, service_role;
comment on table loacl_private.message_internals is 'What belongs to a message and is for the functions alone.';
comment on column loacl_private.message_internals.reasoning is
  'The reasoning parts of the message, `[{"before": 0, "part": {"type": "reasoning", …}}]`: `before` is the index in messages.parts of the part that each stands before. null: none, or the assistant did not show it.';
comment on column loacl_private.message_internals.metadata is 'The host''s own data, and what a provider said besides. Visitors never read it.';

create function loacl_private.without_reasoning(parts jsonb)
returns jsonb
language sql
immutable
strict
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.part order by p.place), '[]')
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.part ->> 'type' is distinct from 'reasoning'
);
comment on function loacl_private.without_reasoning(jsonb) is 'The parts of a message as messages.parts keeps them.';
revoke all on function loacl_private.without_reasoning(jsonb) from public;

create function loacl_private.take_reasoning(parts jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(jsonb_build_object('before', p.before, 'part', p.part) order by p.place)
  from (
    select e.part, e.place, count(*) filter (where e.part ->> 'type' is distinct from 'reasoning') over (order by e.place) as before
    from jsonb_array_elements(parts) with ordinality as e (part, place)
  ) p
  where p.part ->> 'type' = 'reasoning'
);
comment on function loacl_private.take_reasoning(jsonb) is
  'The reasoning among the parts of a message as message_internals.reasoning keeps it; null where there is none.';
revoke all on function loacl_private.take_reasoning(jsonb) from public;

create function loacl_private.with_reasoning(parts jsonb, reasoning jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.part order by p.place, p.is_said, p.turn), '[]')
  from (
    select e.part, e.place - 1 as place, true as is_said, e.place as turn
    from jsonb_array_elements(parts) with ordinality as e (part, place)
    union all
    select r.item -> 'part', (r.item ->> 'before')::bigint, false, r.turn
    from jsonb_array_elements(reasoning) with ordinality as r (item, turn)
  ) p
);
comment on function loacl_private.with_reasoning(jsonb, jsonb) is
  'The parts of a message with its reasoning where it stood: the way back from without_reasoning and take_reasoning.';
revoke all on function loacl_private.with_reasoning(jsonb, jsonb) from public;

create function loacl_private.shows_reasoning(thread_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.show_reasoning
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = shows_reasoning.thread_id
  ),
  false
);
comment on function loacl_private.shows_reasoning(uuid) is 'Whether the assistant of this thread shows its reasoning now.';
revoke all on function loacl_private.shows_reasoning(uuid) from public;

create function loacl_private.store_reasoning(message_id uuid, thread_id uuid, parts jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  shown jsonb := case when loacl_private.shows_reasoning(store_reasoning.thread_id) then loacl_private.take_reasoning(parts) end;
begin
  if shown is not null then
    insert into loacl_private.message_internals (message_id, reasoning) values (store_reasoning.message_id, shown)
    on conflict on constraint message_internals_pkey do update set reasoning = excluded.reasoning;
  elsif parts is not null then
    update loacl_private.message_internals i set reasoning = null
    where i.message_id = store_reasoning.message_id and i.reasoning is not null;
  end if;
end
$$;
comment on function loacl_private.store_reasoning(uuid, uuid, jsonb) is
  'Stores the reasoning among the parts of an answer, where its assistant shows it now, in place of what was stored before. Without parts it stays as it is.';
revoke all on function loacl_private.store_reasoning(uuid, uuid, jsonb) from public;

create table loacl.follow_up_suggestions (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  position integer not null,
  suggestion text not null,
  used_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint follow_up_suggestions_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint follow_up_suggestions_message_id_position_key unique (message_id, position),
  constraint follow_up_suggestions_suggestion_length check (char_length(suggestion) between 1 and 500),
  constraint follow_up_suggestions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index follow_up_suggestions_thread_id_idx on loacl.follow_up_suggestions (thread_id);
comment on index loacl.follow_up_suggestions_thread_id_idx is 'Serves: the deletion of a thread.';
create index follow_up_suggestions_session_id_idx on loacl.follow_up_suggestions (session_id);
comment on index loacl.follow_up_suggestions_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index follow_up_suggestions_assistant_id_idx on loacl.follow_up_suggestions (assistant_id);
comment on index loacl.follow_up_suggestions_assistant_id_idx is 'Serves: an operator''s look at what is suggested and used.';

alter table loacl.follow_up_suggestions enable row level security;
revoke all on table loacl.follow_up_suggestions from public, anon, authenticated, service_role;
grant select on table loacl.follow_up_suggestions to anon, authenticated;
grant update (used_at) on table loacl.follow_up_suggestions to anon, authenticated;
grant select, insert, update, delete on table loacl.follow_up_suggestions to service_role;
comment on table loacl.follow_up_suggestions is
  'Questions suggested after an answer. Visitors see theirs and mark one used; operators see those of their assistants.';
comment on column loacl.follow_up_suggestions.position is 'Order under the answer, 1 for the first.';
comment on column loacl.follow_up_suggestions.used_at is 'When the visitor first chose it. It can''t be unset.';
comment on column loacl.follow_up_suggestions.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy follow_up_suggestions_select_visitor on loacl.follow_up_suggestions for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy follow_up_suggestions_select_own on loacl.follow_up_suggestions for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
-- The visitor's alone: an operator looks at what was used and doesn't say so.
create policy follow_up_suggestions_update_own on loacl.follow_up_suggestions for update to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  )
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and used_at is not null);

create table loacl.guided_questions (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  question text not null,
  category text,
  priority integer not null default 0,
  is_active boolean not null default true,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint guided_questions_question_length check (char_length(btrim(question)) between 1 and 500),
  constraint guided_questions_category_length check (char_length(btrim(category)) between 1 and 100),
  constraint guided_questions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index guided_questions_assistant_id_priority_idx on loacl.guided_questions (assistant_id, priority desc, created_at);
comment on index loacl.guided_questions_assistant_id_priority_idx is 'Serves: open_session''s list; the deletion of an assistant.';

create trigger guided_questions_set_updated_at before update on loacl.guided_questions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.guided_questions enable row level security;
revoke all on table loacl.guided_questions from public, anon, authenticated, service_role;
grant select, delete on table loacl.guided_questions to authenticated;
grant insert (assistant_id, question, category, priority, is_active, metadata) on table loacl.guided_questions to authenticated;
grant update (question, category, priority, is_active, metadata) on table loacl.guided_questions to authenticated;
grant select, insert, update, delete on table loacl.guided_questions to service_role;
comment on table loacl.guided_questions is
  'Questions that a visitor can begin with. Operators write those of their assistants; visitors get the active ones from open_session.';
comment on column loacl.guided_questions.priority is 'The highest comes first.';
comment on column loacl.guided_questions.metadata is 'The host''s own data.';

create policy guided_questions_select_own on loacl.guided_questions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_insert_own on loacl.guided_questions for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_update_own on loacl.guided_questions for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_delete_own on loacl.guided_questions for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create function loacl_private.set_place_from_message()
returns trigger
language plpgsql
security invoker -- a visitor finds their own messages alone
set search_path = pg_catalog, pg_temp
as $$
begin
  select m.thread_id, m.session_id, m.assistant_id
  into new.thread_id, new.session_id, new.assistant_id
  from loacl.messages m
  where m.id = new.message_id;
  if not found then
    -- As raise_error does, which visitors can't reach from here.
    raise exception using errcode = 'PT404', message = 'message_not_found', detail = 'There is no such message.', hint = '';
  end if;
  return new;
end
$$;
comment on function loacl_private.set_place_from_message() is
  'Trigger: a row that belongs to a message takes thread, session and assistant from it, so that its policies ask one indexed question and nothing can name another''s.';
revoke all on function loacl_private.set_place_from_message() from public;

create function loacl_private.set_assistant_from_thread()
returns trigger
language plpgsql
security invoker -- an operator finds the threads of their own assistants, and those of their own as a visitor
set search_path = pg_catalog, pg_temp
as $$
begin
  select t.assistant_id into new.assistant_id from loacl.threads t where t.id = new.thread_id;
  if not found then
    -- As raise_error does, which operators can't reach from here.
    raise exception using errcode = 'PT404', message = 'thread_not_found', detail = 'There is no such conversation.', hint = '';
  end if;
  return new;
end
$$;
comment on function loacl_private.set_assistant_from_thread() is
  'Trigger: an owner''s row about a thread takes the assistant from it, so that its policies ask one indexed question.';
revoke all on function loacl_private.set_assistant_from_thread() from public;

create table loacl.thread_overrides (
  thread_id uuid primary key references loacl.threads (id) on delete cascade,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  model text,
  instructions text,
  context_token_budget integer,
  auto_approval jsonb not null default '{}',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint thread_overrides_model_length check (char_length(model) between 1 and 200),
  constraint thread_overrides_instructions_length check (char_length(instructions) <= 200000),
  constraint thread_overrides_context_token_budget_range check (context_token_budget between 500 and 1000000),
  constraint thread_overrides_auto_approval_shape check (
    jsonb_typeof(auto_approval) = 'object'
    and not jsonb_path_exists(
      auto_approval,
      '$.keyvalue() ? (!(
        ((@.key == "read_only_operations" || @.key == "low_risk_operations" || @.key == "require_approval_for_new_tools")
          && @.value.type() == "boolean")
        || ((@.key == "max_cost_per_tool_usd" || @.key == "max_cost_per_hour_usd")
          && @.value.type() == "number" && @.value >= 0)
        || (@.key == "specific_tools" && @.value.type() == "object")
      ))'
    )
    and not jsonb_path_exists(auto_approval, '$.specific_tools.keyvalue() ? (@.value.type() != "boolean")')
  ),
  constraint thread_overrides_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index thread_overrides_assistant_id_idx on loacl.thread_overrides (assistant_id);
comment on index loacl.thread_overrides_assistant_id_idx is 'Serves: the policies'' question, where a query names no thread; the deletion of an assistant.';

create trigger thread_overrides_set_assistant before insert on loacl.thread_overrides
  for each row execute function loacl_private.set_assistant_from_thread();

create trigger thread_overrides_set_updated_at before update on loacl.thread_overrides
  for each row execute function loacl_private.set_updated_at();

alter table loacl.thread_overrides enable row level security;
revoke all on table loacl.thread_overrides from public, anon, authenticated, service_role;
grant select, delete on table loacl.thread_overrides to authenticated;
grant insert (thread_id, model, instructions, context_token_budget, auto_approval, metadata)
  on table loacl.thread_overrides to authenticated;
grant update (model, instructions, context_token_budget, auto_approval, metadata)
  on table loacl.thread_overrides to authenticated;
grant select, insert, update, delete on table loacl.thread_overrides to service_role;
comment on table loacl.thread_overrides is
  'Settings of one thread that differ from its assistant''s. Operators see and change those of their assistants; visitors never read it.';
comment on column loacl.thread_overrides.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.thread_overrides.model is 'null: the assistant''s, as for the next two.';
comment on column loacl.thread_overrides.auto_approval is 'Columns of auto_approval_settings by name, with the values that hold in this thread.';
comment on column loacl.thread_overrides.metadata is 'The host''s own data.';

create policy thread_overrides_select_own on loacl.thread_overrides for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_insert_own on loacl.thread_overrides for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_update_own on loacl.thread_overrides for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_delete_own on loacl.thread_overrides for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create function loacl_private.apply_thread_overrides(assistant loacl.assistants, thread_id uuid)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  override loacl.thread_overrides;
begin
  select o.* into override from loacl.thread_overrides o where o.thread_id = apply_thread_overrides.thread_id;
  assistant.model := coalesce(override.model, assistant.model);
  assistant.instructions := coalesce(override.instructions, assistant.instructions);
  assistant.context_token_budget := coalesce(override.context_token_budget, assistant.context_token_budget);
  return assistant;
end
$$;
comment on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) is 'The assistant with the overrides of one thread.';
revoke all on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) from public;

create table loacl.conversation_tags (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  color text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint conversation_tags_id_owner_id_key unique (id, owner_id),
  constraint conversation_tags_name_length check (char_length(name) between 1 and 50 and name = btrim(name)),
  constraint conversation_tags_color_shape check (color ~ '^#[0-9a-f]{6}$'),
  constraint conversation_tags_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create unique index conversation_tags_owner_id_name_idx on loacl.conversation_tags (owner_id, lower(name));
comment on index loacl.conversation_tags_owner_id_name_idx is
  'Holds: an owner has a name once, in whatever case. Serves: their tags by name; the deletion of an owner.';

create trigger conversation_tags_set_updated_at before update on loacl.conversation_tags
  for each row execute function loacl_private.set_updated_at();

alter table loacl.conversation_tags enable row level security;
revoke all on table loacl.conversation_tags from public, anon, authenticated, service_role;
grant select, delete on table loacl.conversation_tags to authenticated;
grant insert (owner_id, name, color, metadata) on table loacl.conversation_tags to authenticated;
grant update (name, color, metadata) on table loacl.conversation_tags to authenticated;
grant select, insert, update, delete on table loacl.conversation_tags to service_role;
comment on table loacl.conversation_tags is 'Labels that an owner puts on conversations. Operators see and change their own; visitors never read it.';
comment on column loacl.conversation_tags.color is 'As #rrggbb in lower case.';
comment on column loacl.conversation_tags.metadata is 'The host''s own data.';

create policy conversation_tags_select_own on loacl.conversation_tags for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_insert_own on loacl.conversation_tags for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_update_own on loacl.conversation_tags for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_delete_own on loacl.conversation_tags for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.thread_tags (
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  tag_id uuid not null,
  assistant_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint thread_tags_pkey primary key (thread_id, tag_id),
  constraint thread_tags_tag_fkey foreign key (tag_id, owner_id)
    references loacl.conversation_tags (id, owner_id) on delete cascade,
  constraint thread_tags_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade
);

create index thread_tags_tag_id_idx on loacl.thread_tags (tag_id);
comment on index loacl.thread_tags_tag_id_idx is 'Serves: the threads with a tag; the deletion of a tag.';
create index thread_tags_assistant_id_idx on loacl.thread_tags (assistant_id);
comment on index loacl.thread_tags_assistant_id_idx is 'Serves: the deletion of an assistant.';
create index thread_tags_owner_id_idx on loacl.thread_tags (owner_id);
comment on index loacl.thread_tags_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger thread_tags_set_assistant before insert on loacl.thread_tags
  for each row execute function loacl_private.set_assistant_from_thread();

alter table loacl.thread_tags enable row level security;
revoke all on table loacl.thread_tags from public, anon, authenticated, service_role;
grant select, delete on table loacl.thread_tags to authenticated;
grant insert (thread_id, tag_id, owner_id) on table loacl.thread_tags to authenticated;
grant select, insert, update, delete on table loacl.thread_tags to service_role;
comment on table loacl.thread_tags is 'Which conversations have which labels. Operators put their own on threads of their assistants and take them off.';
comment on column loacl.thread_tags.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.thread_tags.owner_id is 'Of the tag and of the assistant: nobody''s tag gets onto another owner''s thread.';

create policy thread_tags_select_own on loacl.thread_tags for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy thread_tags_insert_own on loacl.thread_tags for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy thread_tags_delete_own on loacl.thread_tags for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.file_objects (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  person text not null,
  sha256 bytea not null,
  size_bytes bigint not null,
  mime_type text not null,
  storage_path text not null,
  stored_at timestamptz,
  provider_config_id uuid references loacl.provider_configs (id) on delete set null,
  provider_file_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint file_objects_id_assistant_id_key unique (id, assistant_id),
  constraint file_objects_assistant_id_person_sha256_key unique (assistant_id, person, sha256),
  constraint file_objects_storage_path_key unique (storage_path),
  constraint file_objects_person_shape check (person ~ '^(session|user|external):.{1,255}$'),
  constraint file_objects_sha256_length check (octet_length(sha256) = 32),
  constraint file_objects_size_bytes_positive check (size_bytes >= 0),
  constraint file_objects_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint file_objects_storage_path_length check (char_length(storage_path) between 1 and 1024),
  constraint file_objects_provider_file_id_length check (char_length(provider_file_id) between 1 and 255)
);

create index file_objects_provider_file_id_idx on loacl.file_objects (provider_file_id) where provider_file_id is not null;
comment on index loacl.file_objects_provider_file_id_idx is 'Serves: from a provider''s citation to the file.';
create index file_objects_provider_config_id_idx on loacl.file_objects (provider_config_id);
comment on index loacl.file_objects_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger file_objects_set_updated_at before update on loacl.file_objects
  for each row execute function loacl_private.set_updated_at();

alter table loacl.file_objects enable row level security;
revoke all on table loacl.file_objects from public, anon, authenticated, service_role;
grant select on table loacl.file_objects to authenticated;
grant select, insert, update, delete on table loacl.file_objects to service_role;
comment on table loacl.file_objects is
  'Bytes that visitors uploaded: the same bytes are stored once per person. Operators see those of their assistants; visitors see `files`.';
comment on column loacl.file_objects.person is
  'Whose: `user:<user id>` or `external:<the site''s id>` of a signed-in visitor, `session:<session id>` of a guest. Follows the session when its visitor signs in.';
comment on column loacl.file_objects.sha256 is 'Of the bytes, computed by the server.';
comment on column loacl.file_objects.mime_type is 'As the server found it, whatever the browser said.';
comment on column loacl.file_objects.storage_path is 'Where Storage keeps the bytes, in the bucket `loacl`.';
comment on column loacl.file_objects.stored_at is 'When Storage confirmed that it has them; null: they must be sent again.';
comment on column loacl.file_objects.provider_config_id is 'Where it was uploaded to; null until then, and once that config is gone.';
comment on column loacl.file_objects.provider_file_id is 'The provider''s id of the file; null until it was uploaded there.';

create policy file_objects_select_own on loacl.file_objects for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl.files (
  id uuid primary key default gen_random_uuid(),
  object_id uuid not null,
  assistant_id uuid not null,
  session_id uuid not null,
  thread_id uuid,
  message_id uuid references loacl.messages (id) on delete cascade,
  purpose text not null default 'user_data',
  original_name text not null,
  mime_type text not null,
  size_bytes bigint not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint files_object_fkey foreign key (object_id, assistant_id)
    references loacl.file_objects (id, assistant_id) on delete cascade,
  constraint files_session_fkey foreign key (session_id, assistant_id)
    references loacl.sessions (id, assistant_id) on delete cascade,
  constraint files_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint files_purpose check (purpose in ('user_data', 'vision', 'assistants', 'assistants_output')),
  constraint files_message_id_thread_id check (message_id is null or thread_id is not null),
  constraint files_original_name_length check (char_length(btrim(original_name)) between 1 and 255),
  constraint files_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint files_size_bytes_positive check (size_bytes >= 0),
  constraint files_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index files_object_id_idx on loacl.files (object_id);
comment on index loacl.files_object_id_idx is 'Serves: whether bytes are still in use; the deletion of an object.';
create index files_session_id_created_at_idx on loacl.files (session_id, created_at desc);
comment on index loacl.files_session_id_created_at_idx is 'Serves: a visitor''s files; the deletion of a session.';
create index files_assistant_id_created_at_idx on loacl.files (assistant_id, created_at desc);
comment on index loacl.files_assistant_id_created_at_idx is 'Serves: an operator''s look at the latest uploads, and their number over a time.';
create index files_thread_id_idx on loacl.files (thread_id);
comment on index loacl.files_thread_id_idx is 'Serves: the files of a thread; the deletion of a thread.';
create index files_message_id_idx on loacl.files (message_id);
comment on index loacl.files_message_id_idx is 'Serves: the files of a message; the deletion of a message.';
create index files_unsent_idx on loacl.files (created_at) where message_id is null;
comment on index loacl.files_unsent_idx is 'Serves: uploads that were never sent.';

create trigger files_set_updated_at before update on loacl.files
  for each row execute function loacl_private.set_updated_at();

alter table loacl.files enable row level security;
revoke all on table loacl.files from public, anon, authenticated, service_role;
grant select on table loacl.files to anon, authenticated;
grant select, insert, update, delete on table loacl.files to service_role;
comment on table loacl.files is
  'Uploads of visitors. Visitors see theirs, operators those of their assistants; only the functions write.';
comment on column loacl.files.object_id is 'The bytes. They are deleted with the last file that refers to them.';
comment on column loacl.files.thread_id is 'null until it is sent with a message, as is message_id.';
comment on column loacl.files.purpose is 'What the model provider is told that it is for.';
comment on column loacl.files.original_name is 'The file''s name on the visitor''s device.';
comment on column loacl.files.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
-- A file that is in no thread yet is in no deleted one.
create policy files_select_visitor on loacl.files for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and (thread_id = any ((select loacl_private.own_deleted_thread_ids())::uuid[])) is not true
  );
create policy files_select_own on loacl.files for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and (thread_id = any ((select loacl_private.own_deleted_thread_ids())::uuid[])) is not true
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create function loacl_private.to_person(session loacl.sessions)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce('user:' || (session).user_id, 'external:' || (session).external_id, 'session:' || (session).id);
comment on function loacl_private.to_person(loacl.sessions) is
  'Who is behind a session, within its assistant: the same text for all sessions of a signed-in visitor.';
revoke all on function loacl_private.to_person(loacl.sessions) from public;

create function loacl_private.delete_unused_object()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever deleted
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two transactions that delete the last two files would each still see the other's file: the second waits here, then
  -- looks again.
  perform from loacl.file_objects o where o.id = old.object_id for update;
  delete from loacl.file_objects o
  where o.id = old.object_id and not exists (select from loacl.files f where f.object_id = o.id);
  return null;
end
$$;
comment on function loacl_private.delete_unused_object() is 'Trigger: bytes go with the last file that names them.';
revoke all on function loacl_private.delete_unused_object() from public;

create trigger files_delete_unused_object after delete or update of object_id on loacl.files
  for each row execute function loacl_private.delete_unused_object();

create function loacl_private.move_file_objects()
returns trigger
language plpgsql
security definer -- whoever identifies a session moves its files
set search_path = pg_catalog, pg_temp
as $$
declare
  old_person text := loacl_private.to_person(old);
  new_person text := loacl_private.to_person(new);
begin
  -- The same bytes, which Storage has from this guest and never got from the person: the person's files move to them.
  update loacl.files f
  set object_id = moved.id
  from loacl.file_objects kept, loacl.file_objects moved
  where f.object_id = kept.id
    and kept.assistant_id = new.assistant_id and kept.person = new_person and kept.stored_at is null
    and moved.assistant_id = kept.assistant_id and moved.person = old_person and moved.sha256 = kept.sha256
    and moved.stored_at is not null and old.session_type = 'guest';

  update loacl.files f
  set object_id = kept.id
  from loacl.file_objects moved, loacl.file_objects kept
  where f.session_id = new.id
    and moved.id = f.object_id and moved.person = old_person
    and kept.assistant_id = moved.assistant_id and kept.person = new_person and kept.sha256 = moved.sha256;

  -- A guest's objects belong to this session alone. Those of another person may belong to their other sessions and stay.
  update loacl.file_objects o
  set person = new_person
  where o.assistant_id = new.assistant_id and o.person = old_person and old.session_type = 'guest';
  return null;
end
$$;
comment on function loacl_private.move_file_objects() is
  'Trigger: when a guest signs in, their files become the person''s, and bytes that the person has already are kept once.';
revoke all on function loacl_private.move_file_objects() from public;

create trigger sessions_move_file_objects after update of user_id, external_id on loacl.sessions
  for each row when (old.user_id is distinct from new.user_id or old.external_id is distinct from new.external_id)
  execute function loacl_private.move_file_objects();

create function loacl.add_file(
  session_id uuid,
  thread_id uuid,
  original_name text,
  mime_type text,
  size_bytes bigint,
  sha256 text,
  purpose text default 'user_data'
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with object as (
    insert into loacl.file_objects as o (assistant_id, person, sha256, size_bytes, mime_type, storage_path)
    select s.assistant_id, loacl_private.to_person(s), decode(add_file.sha256, 'hex'), add_file.size_bytes, add_file.mime_type,
      'files/' || s.assistant_id || '/' || gen_random_uuid()
    from loacl.sessions s
    where s.id = add_file.session_id
    on conflict on constraint file_objects_assistant_id_person_sha256_key do update set updated_at = now()
    returning o.id, o.assistant_id, o.size_bytes, o.mime_type, o.storage_path, o.stored_at
  ),
  file as (
    insert into loacl.files (object_id, assistant_id, session_id, thread_id, purpose, original_name, mime_type, size_bytes)
    select o.id, o.assistant_id, add_file.session_id, add_file.thread_id, add_file.purpose, add_file.original_name,
      o.mime_type, o.size_bytes
    from object o
    returning id
  )
  select coalesce(
    (
      select jsonb_build_object(
        'id', f.id, 'objectId', o.id, 'storagePath', o.storage_path, 'isStored', o.stored_at is not null
      )
      from file f cross join object o
    ),
    loacl_private.raise_error(401, 'session_expired', 'This session has ended.')
  );
end;
comment on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) is
  'Notes an upload of a visitor: `{id, objectId, storagePath, isStored}`. Where `isStored` is false the caller sends the bytes to `storagePath` and then sets `file_objects.stored_at`; where the person sent the same bytes before, they are there. `sha256` in hex. For the functions. Errors: session_expired.';
revoke all on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) from public;
grant execute on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) to service_role;
grant execute on function loacl_private.to_person(loacl.sessions) to service_role;

create table loacl.message_annotations (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  position integer not null default 1,
  type text not null,
  text text,
  title text,
  url text,
  document_id uuid references loacl.documents (id) on delete set null,
  file_id uuid references loacl.files (id) on delete set null,
  quote text,
  start_index integer,
  end_index integer,
  created_at timestamptz not null default now(),
  constraint message_annotations_message_id_position_key unique (message_id, position),
  constraint message_annotations_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint message_annotations_position_positive check (position > 0),
  constraint message_annotations_type check (type in ('url_citation', 'file_citation', 'container_file_citation', 'file_path')),
  constraint message_annotations_text_length check (char_length(text) <= 10000),
  constraint message_annotations_title_length check (char_length(title) <= 500),
  constraint message_annotations_quote_length check (char_length(quote) <= 10000),
  -- It becomes a link in the visitor's page.
  constraint message_annotations_url_shape check (url ~ '^https?://[^\s]+$' and char_length(url) <= 4000),
  constraint message_annotations_url_type check ((url is not null) = (type = 'url_citation')),
  constraint message_annotations_indexes check (start_index >= 0 and end_index >= start_index),
  constraint message_annotations_indexes_together check ((start_index is null) = (end_index is null))
);

create index message_annotations_thread_id_idx on loacl.message_annotations (thread_id);
comment on index loacl.message_annotations_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index message_annotations_session_id_idx on loacl.message_annotations (session_id);
comment on index loacl.message_annotations_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index message_annotations_assistant_id_idx on loacl.message_annotations (assistant_id);
comment on index loacl.message_annotations_assistant_id_idx is 'Serves: an operator''s look at what answers rest on.';
create index message_annotations_document_id_idx on loacl.message_annotations (document_id) where document_id is not null;
comment on index loacl.message_annotations_document_id_idx is 'Serves: where a document was cited; the deletion of a document.';
create index message_annotations_file_id_idx on loacl.message_annotations (file_id) where file_id is not null;
comment on index loacl.message_annotations_file_id_idx is 'Serves: where a file was cited; the deletion of a file.';

create trigger message_annotations_set_place before insert on loacl.message_annotations
  for each row execute function loacl_private.set_place_from_message();

alter table loacl.message_annotations enable row level security;
revoke all on table loacl.message_annotations from public, anon, authenticated, service_role;
grant select on table loacl.message_annotations to anon, authenticated;
grant select, insert, update, delete on table loacl.message_annotations to service_role;
comment on table loacl.message_annotations is
  'Citations: what an answer rests on. Visitors see those of their messages, operators those of their assistants; only the functions write.';
comment on column loacl.message_annotations.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.message_annotations.position is 'Order in the answer, 1 for the first.';
comment on column loacl.message_annotations.text is 'The words of the answer that the citation stands for, where it replaces any.';
comment on column loacl.message_annotations.title is 'What to call the source: the page''s title or the file''s name, as it was then.';
comment on column loacl.message_annotations.document_id is 'The owner''s document that is cited. Its row stays the owner''s alone.';
comment on column loacl.message_annotations.file_id is 'The visitor''s own file that is cited.';
comment on column loacl.message_annotations.quote is 'The passage of the source.';
comment on column loacl.message_annotations.start_index is 'Where in the message''s content it belongs, in Unicode characters from 0; null where the provider did not say.';
comment on column loacl.message_annotations.end_index is 'The character after its last one.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy message_annotations_select_visitor on loacl.message_annotations for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy message_annotations_select_own on loacl.message_annotations for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create function loacl.save_annotations(message_id uuid, annotations jsonb)
returns integer
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  delete from loacl.message_annotations a where a.message_id = save_annotations.message_id;

  with given as (
    select a.type, a.text, a.title, a.url, a."fileId" as provider_file_id, a.quote, a."startIndex" as start_index,
      a."endIndex" as end_index, m.id as message_id, m.session_id, m.assistant_id,
      row_number() over (order by i.place)::integer as position
    from loacl.messages m
    cross join jsonb_array_elements(save_annotations.annotations) with ordinality as i (annotation, place)
    cross join jsonb_to_record(i.annotation) as a (
      type text, text text, title text, url text, "fileId" text, quote text, "startIndex" integer, "endIndex" integer
    )
    where m.id = save_annotations.message_id
      -- Providers invent new kinds, and models odd addresses: what can't be shown is left out.
      and a.type in ('url_citation', 'file_citation', 'container_file_citation', 'file_path')
      and (a.type <> 'url_citation' or (a.url ~ '^https?://[^\s]+$' and char_length(a.url) <= 4000))
  ),
  saved as (
    insert into loacl.message_annotations (
      message_id, position, type, text, title, url, document_id, file_id, quote, start_index, end_index
    )
    select g.message_id, g.position, g.type, left(g.text, 10000), left(g.title, 500),
      case when g.type = 'url_citation' then g.url end,
      (
        select d.id
        from loacl.documents d
        join loacl.assistants a on a.owner_id = d.owner_id
        where a.id = g.assistant_id and d.provider_file_id = g.provider_file_id
      ),
      (
        select f.id
        from loacl.files f
        join loacl.file_objects o on o.id = f.object_id
        where f.session_id = g.session_id and o.provider_file_id = g.provider_file_id
        order by f.created_at desc
        limit 1
      ),
      left(g.quote, 10000),
      case when g.start_index >= 0 and g.end_index >= g.start_index then g.start_index end,
      case when g.start_index >= 0 and g.end_index >= g.start_index then g.end_index end
    from given g
    returning id
  )
  select count(*)::integer from saved;
end;
comment on function loacl.save_annotations(uuid, jsonb) is
  'For the functions: sets what an answer cites, in order: `[{type, text, title, url, fileId, quote, startIndex, endIndex}]`, `fileId` being the provider''s, from which the document or the visitor''s file is found. Kinds that are not known and addresses that are no web addresses are left out. Returns how many there are.';
revoke all on function loacl.save_annotations(uuid, jsonb) from public;
grant execute on function loacl.save_annotations(uuid, jsonb) to service_role;

create table loacl_private.turns (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  user_message_id uuid not null references loacl.messages (id) on delete cascade,
  message_id uuid not null references loacl.messages (id) on delete cascade,
  state text not null default 'running',
  lease uuid not null default gen_random_uuid(),
  lease_expires_at timestamptz,
  deadline_at timestamptz not null,
  wait_expires_at timestamptz,
  stop_requested_at timestamptz,
  last_seq integer not null default 0,
  provider text not null,
  model text not null,
  error_code text,
  cut_reason text,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  purged_at timestamptz,
  constraint turns_message_id_key unique (message_id),
  constraint turns_state check (state in ('running', 'waiting', 'completed', 'stopped', 'cut', 'failed')),
  constraint turns_ended_at_state check ((ended_at is null) = (state in ('running', 'waiting'))),
  constraint turns_lease_expires_at_state check (state <> 'running' or lease_expires_at is not null),
  constraint turns_wait_expires_at_state check ((wait_expires_at is not null) = (state = 'waiting')),
  constraint turns_error_code_state check ((error_code is not null) = (state = 'failed')),
  constraint turns_cut_reason_state check ((cut_reason is not null) = (state = 'cut'))
);

create unique index turns_one_open_idx on loacl_private.turns (thread_id) where state in ('running', 'waiting');
comment on index loacl_private.turns_one_open_idx is 'Holds: one turn per thread that runs or waits. Serves: finding it.';
create index turns_thread_id_idx on loacl_private.turns (thread_id);
comment on index loacl_private.turns_thread_id_idx is 'Serves: the deletion of a thread.';
create index turns_user_message_id_created_at_idx on loacl_private.turns (user_message_id, created_at desc);
comment on index loacl_private.turns_user_message_id_created_at_idx is 'Serves: the latest turn that answers a message.';
create index turns_unpurged_idx on loacl_private.turns (ended_at) where ended_at is not null and purged_at is null;
comment on index loacl_private.turns_unpurged_idx is 'Serves: ended turns whose chunks can go.';
create index turns_running_lease_idx on loacl_private.turns (lease_expires_at) where state = 'running';
comment on index loacl_private.turns_running_lease_idx is 'Serves: turns that were abandoned.';
create index turns_waiting_idx on loacl_private.turns (wait_expires_at) where state = 'waiting';
comment on index loacl_private.turns_waiting_idx is 'Serves: turns that have waited too long.';

alter table loacl_private.turns enable row level security;
revoke all on table loacl_private.turns from public, anon, authenticated, service_role;
comment on table loacl_private.turns is
  'One try at answering a message: a sequence of steps. It belongs to the server: it comes to one end whether or not anybody listens. It may wait in between, for something that comes from outside, and has no worker then.';
comment on column loacl_private.turns.lease is 'Known to the worker that runs it alone; every write must name it. While the turn waits it is the last worker''s, and allows nothing.';
comment on column loacl_private.turns.lease_expires_at is 'Renewed by each append. A running turn past it has lost its worker, and is failed by whoever looks next; null while it waits.';
comment on column loacl_private.turns.deadline_at is 'When its worker ends it as cut.';
comment on column loacl_private.turns.wait_expires_at is 'How long it waits. A turn past it is cut by whoever looks next.';
comment on column loacl_private.turns.last_seq is 'Number of the last part: it goes on across steps and workers. Parts that say that the turn waits have numbers, and are not in turn_chunks.';
comment on column loacl_private.turns.model is 'The model that was asked.';
comment on column loacl_private.turns.purged_at is 'When its chunks were deleted.';

create table loacl_private.turn_chunks (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  seq integer not null,
  parts jsonb not null,
  created_at timestamptz not null default now(),
  constraint turn_chunks_pkey primary key (turn_id, seq),
  constraint turn_chunks_seq_positive check (seq > 0),
  constraint turn_chunks_parts_array check (jsonb_typeof(parts) = 'array' and parts <> '[]')
);
alter table loacl_private.turn_chunks enable row level security;
revoke all on table loacl_private.turn_chunks from public, anon, authenticated, service_role;
comment on table loacl_private.turn_chunks is
  'What a turn has streamed so far, for a page that comes back. Append-only, and deleted some minutes after the turn has ended.';
comment on column loacl_private.turn_chunks.seq is 'Number of the first part in `parts`; the turn''s first is 1.';
comment on column loacl_private.turn_chunks.parts is 'Parts of the UI message stream.';

create table loacl_private.turn_steps (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  step integer not null,
  state text not null default 'running',
  model text not null,
  input jsonb not null default '[]',
  response_id text,
  provider_items jsonb not null default '[]',
  error_code text,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  constraint turn_steps_pkey primary key (turn_id, step),
  constraint turn_steps_step_positive check (step > 0),
  constraint turn_steps_state check (state in ('running', 'completed', 'stopped', 'cut', 'failed')),
  constraint turn_steps_input_array check (jsonb_typeof(input) = 'array'),
  constraint turn_steps_provider_items_array check (jsonb_typeof(provider_items) = 'array'),
  constraint turn_steps_ended_at_state check ((ended_at is null) = (state = 'running')),
  constraint turn_steps_error_code_state check ((error_code is not null) = (state = 'failed'))
);

create unique index turn_steps_one_running_idx on loacl_private.turn_steps (turn_id) where state = 'running';
comment on index loacl_private.turn_steps_one_running_idx is 'Holds: one running step per turn. Serves: finding it.';

alter table loacl_private.turn_steps enable row level security;
revoke all on table loacl_private.turn_steps from public, anon, authenticated, service_role;
comment on table loacl_private.turn_steps is
  'The steps of a turn: each is one call of the model. The next one is told what the earlier ones said and what was added since.';
comment on column loacl_private.turn_steps.step is 'Its number in the turn, 1 for the first.';
comment on column loacl_private.turn_steps.model is 'The model that was asked, and once the step has ended the one that answered.';
comment on column loacl_private.turn_steps.input is 'What was added to the model''s input before this step, such as results of tools: `InputItem[]`.';
comment on column loacl_private.turn_steps.response_id is 'The provider''s id of its response, for support.';
comment on column loacl_private.turn_steps.provider_items is 'The provider''s output items as they came, encrypted reasoning included.';

create function loacl_private.add_resources(assistant loacl.assistants)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  given text := (
    select string_agg('# ' || coalesce(r.title, r.key) || E'\n\n' || r.content, E'\n\n' order by l.position, r.key)
    from loacl.assistant_resources l
    join loacl.resources r on r.id = l.resource_id
    where l.assistant_id = assistant.id and l.is_given
  );
begin
  assistant.instructions := concat_ws(E'\n\n', nullif(assistant.instructions, ''), given);
  return assistant;
end
$$;
comment on function loacl_private.add_resources(loacl.assistants) is
  'The assistant with the resources that it is given, behind its instructions, each under its title.';
revoke all on function loacl_private.add_resources(loacl.assistants) from public;

create function loacl_private.prepare_assistant(assistant loacl.assistants, thread_id uuid)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return loacl_private.add_resources(loacl_private.apply_thread_overrides(assistant, thread_id));
end
$$;
comment on function loacl_private.prepare_assistant(loacl.assistants, uuid) is
  'The assistant as it answers in this thread: with the thread''s overrides and with its own resources. A null thread has no overrides.';
revoke all on function loacl_private.prepare_assistant(loacl.assistants, uuid) from public;

create function loacl_private.refuse_paused_turn()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = new.thread_id and a.paused_at is not null
  ) then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  return new;
end
$$;
comment on function loacl_private.refuse_paused_turn() is
  'Trigger: no turn begins while its assistant is paused, whatever inserts it. The whole transaction fails with it.';
revoke all on function loacl_private.refuse_paused_turn() from public;

create trigger turns_refuse_paused before insert on loacl_private.turns
  for each row execute function loacl_private.refuse_paused_turn();

create table loacl.tool_executions (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  call_id text,
  tool_name text not null,
  parameters jsonb not null default '{}',
  result jsonb,
  status text not null default 'pending',
  approval_requested_at timestamptz,
  approved_at timestamptz,
  executed_at timestamptz,
  completed_at timestamptz,
  execution_time_ms bigint generated always as ((extract(epoch from completed_at - executed_at) * 1000)::bigint) stored,
  cost_usd numeric,
  error_message text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tool_executions_message_id_call_id_key unique (message_id, call_id),
  constraint tool_executions_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint tool_executions_call_id_length check (char_length(call_id) between 1 and 255),
  constraint tool_executions_tool_name_length check (char_length(tool_name) between 1 and 200),
  constraint tool_executions_parameters_object check (jsonb_typeof(parameters) = 'object'),
  constraint tool_executions_status check (
    status in ('pending', 'approved', 'executing', 'completed', 'failed', 'cancelled')
  ),
  constraint tool_executions_approved_at_status check (
    case
      when status = 'pending' then approved_at is null
      when status in ('approved', 'executing', 'completed', 'failed') then approved_at is not null
      else true
    end
  ),
  constraint tool_executions_executed_at_status check (
    case
      when status in ('pending', 'approved') then executed_at is null
      when status in ('executing', 'completed', 'failed') then executed_at is not null
      else true
    end
  ),
  constraint tool_executions_completed_at_status check (
    (completed_at is not null) = (status in ('completed', 'failed', 'cancelled'))
  ),
  constraint tool_executions_times check (completed_at >= executed_at and executed_at >= approved_at),
  constraint tool_executions_cost_usd_finite check (cost_usd >= 0 and cost_usd < 'infinity'),
  constraint tool_executions_error_message_status check (error_message is null or status in ('failed', 'cancelled')),
  constraint tool_executions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index tool_executions_thread_id_idx on loacl.tool_executions (thread_id);
comment on index loacl.tool_executions_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index tool_executions_assistant_id_created_at_idx on loacl.tool_executions (assistant_id, created_at desc);
comment on index loacl.tool_executions_assistant_id_created_at_idx is 'Serves: an operator''s latest tool calls; their cost in the last hour.';
create index tool_executions_assistant_id_tool_name_idx on loacl.tool_executions (assistant_id, tool_name, status);
comment on index loacl.tool_executions_assistant_id_tool_name_idx is 'Serves: what a tool did; whether it has run before.';
create index tool_executions_unfinished_idx on loacl.tool_executions (status, created_at) where completed_at is null;
comment on index loacl.tool_executions_unfinished_idx is 'Serves: what waits for an approval or runs, oldest first.';

create function loacl_private.advance_tool_execution()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and new.status <> old.status and (old.status, new.status) not in (
    ('pending', 'approved'), ('pending', 'cancelled'),
    ('approved', 'executing'), ('approved', 'cancelled'),
    ('executing', 'completed'), ('executing', 'failed'), ('executing', 'cancelled')
  ) then
    raise exception using
      errcode = 'check_violation', message = format('A tool execution that is %s can''t become %s.', old.status, new.status);
  end if;

  -- Each step that was taken has a time. A row that is inserted at a later step gets times for the earlier ones too.
  if new.status in ('completed', 'failed', 'cancelled') then
    new.completed_at := coalesce(new.completed_at, clock_timestamp());
  end if;
  if new.status in ('executing', 'completed', 'failed') then
    new.executed_at := coalesce(new.executed_at, new.completed_at, clock_timestamp());
  end if;
  if new.status in ('approved', 'executing', 'completed', 'failed') then
    new.approved_at := coalesce(new.approved_at, new.executed_at, clock_timestamp());
  end if;
  return new;
end
$$;
comment on function loacl_private.advance_tool_execution() is 'Trigger: statuses follow one another in one direction, and each step is timed.';
revoke all on function loacl_private.advance_tool_execution() from public;

create trigger tool_executions_advance before insert or update on loacl.tool_executions
  for each row execute function loacl_private.advance_tool_execution();

create trigger tool_executions_set_place before insert on loacl.tool_executions
  for each row execute function loacl_private.set_place_from_message();

create trigger tool_executions_set_updated_at before update on loacl.tool_executions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.tool_executions enable row level security;
revoke all on table loacl.tool_executions from public, anon, authenticated, service_role;
grant select on table loacl.tool_executions to authenticated;
grant select, insert, update, delete on table loacl.tool_executions to service_role;
comment on table loacl.tool_executions is
  'A call of a tool, step by step. Operators see those of their assistants; only the functions write, and visitors never read it.';
comment on column loacl.tool_executions.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.tool_executions.call_id is 'The provider''s id of the call.';
comment on column loacl.tool_executions.parameters is 'As the model gave them.';
comment on column loacl.tool_executions.status is
  'pending: it waits for an approval. approved. executing. Then one of completed, failed (see error_message) and cancelled (denied, expired or stopped).';
comment on column loacl.tool_executions.approval_requested_at is 'null where nobody had to be asked.';
comment on column loacl.tool_executions.execution_time_ms is 'From executed_at to completed_at, in milliseconds.';
comment on column loacl.tool_executions.cost_usd is 'US dollars; null where it is not known.';
comment on column loacl.tool_executions.metadata is 'The host''s own data.';

create policy tool_executions_select_own on loacl.tool_executions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl.auto_approval_settings (
  assistant_id uuid primary key references loacl.assistants (id) on delete cascade,
  read_only_operations boolean not null default false,
  low_risk_operations boolean not null default false,
  specific_tools jsonb not null default '{}',
  max_cost_per_tool_usd numeric not null default 1,
  max_cost_per_hour_usd numeric not null default 10,
  require_approval_for_new_tools boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint auto_approval_settings_specific_tools_shape check (
    jsonb_typeof(specific_tools) = 'object'
    and not jsonb_path_exists(specific_tools, '$.keyvalue() ? (@.value.type() != "boolean")')
  ),
  constraint auto_approval_settings_costs_positive check (max_cost_per_tool_usd >= 0 and max_cost_per_hour_usd >= 0),
  -- Excludes NaN as well: it is greater than every cost, and would be no limit.
  constraint auto_approval_settings_costs_finite check (
    max_cost_per_tool_usd < 'infinity' and max_cost_per_hour_usd < 'infinity'
  )
);

create trigger auto_approval_settings_set_updated_at before update on loacl.auto_approval_settings
  for each row execute function loacl_private.set_updated_at();

alter table loacl.auto_approval_settings enable row level security;
revoke all on table loacl.auto_approval_settings from public, anon, authenticated, service_role;
grant select, delete on table loacl.auto_approval_settings to authenticated;
grant insert (
  assistant_id, read_only_operations, low_risk_operations, specific_tools, max_cost_per_tool_usd, max_cost_per_hour_usd,
  require_approval_for_new_tools
) on table loacl.auto_approval_settings to authenticated;
grant update (
  read_only_operations, low_risk_operations, specific_tools, max_cost_per_tool_usd, max_cost_per_hour_usd,
  require_approval_for_new_tools
) on table loacl.auto_approval_settings to authenticated;
grant select, insert, update, delete on table loacl.auto_approval_settings to service_role;
comment on table loacl.auto_approval_settings is
  'Which tool calls of an assistant run without anybody being asked. Without a row, none. Operators see and change those of their assistants.';
comment on column loacl.auto_approval_settings.read_only_operations is 'Calls of tools that only read.';
comment on column loacl.auto_approval_settings.low_risk_operations is 'Calls of tools whose effect is small and can be undone.';
comment on column loacl.auto_approval_settings.specific_tools is
  'By tool name: true approves its calls whatever the tool''s risk, false has each asked about.';
comment on column loacl.auto_approval_settings.max_cost_per_tool_usd is 'A call that may cost more is asked about.';
comment on column loacl.auto_approval_settings.max_cost_per_hour_usd is
  'A call that would bring the cost of the assistant''s calls in the last hour above it is asked about.';
comment on column loacl.auto_approval_settings.require_approval_for_new_tools is
  'A tool that has not yet run for this assistant is asked about, unless specific_tools names it.';

create policy auto_approval_settings_select_own on loacl.auto_approval_settings for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_insert_own on loacl.auto_approval_settings for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_update_own on loacl.auto_approval_settings for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_delete_own on loacl.auto_approval_settings for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create function loacl.is_tool_approved(thread_id uuid, tool_name text, risk text, cost_usd numeric default 0)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select
      case
        when s.specific_tools ? is_tool_approved.tool_name then (s.specific_tools -> is_tool_approved.tool_name)::boolean
        when s.require_approval_for_new_tools and not exists (
          select
          from loacl.tool_executions e
          where e.assistant_id = t.assistant_id and e.tool_name = is_tool_approved.tool_name and e.status = 'completed'
        ) then false
        when is_tool_approved.risk = 'read_only' then s.read_only_operations
        when is_tool_approved.risk = 'low' then s.low_risk_operations
      end
      and is_tool_approved.cost_usd <= s.max_cost_per_tool_usd
      and is_tool_approved.cost_usd + (
        select coalesce(sum(e.cost_usd), 0)
        from loacl.tool_executions e
        where e.assistant_id = t.assistant_id and e.created_at > now() - interval '1 hour'
      ) <= s.max_cost_per_hour_usd
    from loacl.threads t
    join loacl.auto_approval_settings a on a.assistant_id = t.assistant_id
    left join loacl.thread_overrides o on o.thread_id = t.id
    cross join jsonb_populate_record(a, coalesce(o.auto_approval, '{}')) s
    where t.id = is_tool_approved.thread_id
  ),
  false
);
comment on function loacl.is_tool_approved(uuid, text, text, numeric) is
  'Whether a tool call may run in this thread without anybody being asked. `risk`: `read_only`, `low`, or anything else for more; `cost_usd`: the most that it may cost, null where that is not known. False wherever the settings don''t say yes. For the functions.';
revoke all on function loacl.is_tool_approved(uuid, text, text, numeric) from public;
grant execute on function loacl.is_tool_approved(uuid, text, text, numeric) to service_role;

create table loacl.context_optimizations (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  trigger_reason text not null,
  optimization_type text not null,
  tokens_before integer not null,
  tokens_after integer not null,
  summary text,
  affected_messages uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  constraint context_optimizations_trigger_reason check (trigger_reason in ('token_limit', 'user_request', 'auto')),
  constraint context_optimizations_optimization_type check (
    optimization_type in ('truncation', 'summarization', 'compression')
  ),
  constraint context_optimizations_tokens check (tokens_before >= tokens_after and tokens_after >= 0),
  constraint context_optimizations_summary_length check (char_length(summary) <= 200000),
  constraint context_optimizations_summary_type check (optimization_type <> 'summarization' or summary is not null),
  constraint context_optimizations_affected_messages_whole check (array_position(affected_messages, null) is null)
);

create index context_optimizations_thread_id_created_at_idx on loacl.context_optimizations (thread_id, created_at desc);
comment on index loacl.context_optimizations_thread_id_created_at_idx is 'Serves: a thread''s latest summary; the deletion of a thread.';
create index context_optimizations_assistant_id_created_at_idx on loacl.context_optimizations (assistant_id, created_at desc);
comment on index loacl.context_optimizations_assistant_id_created_at_idx is 'Serves: what was saved over a time; the deletion of an assistant.';

create trigger context_optimizations_set_assistant before insert on loacl.context_optimizations
  for each row execute function loacl_private.set_assistant_from_thread();

alter table loacl.context_optimizations enable row level security;
revoke all on table loacl.context_optimizations from public, anon, authenticated, service_role;
grant select on table loacl.context_optimizations to authenticated;
grant select, insert, update, delete on table loacl.context_optimizations to service_role;
comment on table loacl.context_optimizations is
  'What was left out of, or shortened in, what the model was told of a conversation. Operators see those of their assistants; only the functions write, and visitors never read it.';
comment on column loacl.context_optimizations.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.context_optimizations.trigger_reason is 'token_limit: it did not fit. user_request. auto: before it stopped fitting.';
comment on column loacl.context_optimizations.optimization_type is
  'truncation: the oldest messages were left out. summarization: summary stands for them. compression: what repeats was left out.';
comment on column loacl.context_optimizations.affected_messages is 'Ids of messages, oldest first. Some may be gone by now.';

create policy context_optimizations_select_own on loacl.context_optimizations for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl_private.thread_events (
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  number integer not null,
  kind text not null,
  message_id uuid,
  turn_id uuid,
  created_at timestamptz not null default now(),
  constraint thread_events_pkey primary key (thread_id, number),
  constraint thread_events_number_positive check (number > 0),
  constraint thread_events_kind check (
    kind in (
      'message_added', 'message_changed', 'feedback_changed', 'turn_began', 'turn_waiting', 'turn_resumed', 'turn_ended',
      'thread_renamed', 'thread_archived', 'thread_deleted', 'thread_restored'
    )
  )
);
alter table loacl_private.thread_events enable row level security;
revoke all on table loacl_private.thread_events from public, anon, authenticated, service_role;
comment on table loacl_private.thread_events is
  'The log of each thread: what happened in it, in order, for those who have it open elsewhere. It names things and holds no text. Written by triggers alone, read by list_events.';
comment on column loacl_private.thread_events.number is
  'From 1, without a gap. Taken while the thread''s row is locked, so events become visible in the order of their numbers.';
comment on column loacl_private.thread_events.message_id is
  'The message that it is about; of a turn, the answer. No foreign key: the log still says it where the message is gone.';

create function loacl_private.log_thread_event()
returns trigger
language plpgsql
volatile
security definer -- nobody else writes the log
set search_path = pg_catalog, pg_temp
as $$
declare
  event loacl_private.thread_events;
begin
  if tg_table_name = 'threads' then
    event.thread_id := new.id;
  elsif tg_table_name = 'messages' then
    event.thread_id := new.thread_id;
    event.message_id := new.id;
  elsif tg_table_name = 'turns' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.id;
  else
    event.thread_id := coalesce(new.thread_id, old.thread_id);
    event.message_id := coalesce(new.message_id, old.message_id);
  end if;

  -- Of two transactions the second gets its number when the first has ended, in a statement that sees what that wrote.
  perform from loacl.threads t where t.id = event.thread_id for no key update;
  -- The thread is being deleted, and its log with it.
  if not found then
    return null;
  end if;
  insert into loacl_private.thread_events (thread_id, number, kind, message_id, turn_id)
  select event.thread_id, coalesce(max(e.number), 0) + 1, tg_argv[0], event.message_id, event.turn_id
  from loacl_private.thread_events e
  where e.thread_id = event.thread_id;
  return null;
end
$$;
comment on function loacl_private.log_thread_event() is
  'Trigger: adds an event of the kind that the trigger names to the log of the row''s thread.';
revoke all on function loacl_private.log_thread_event() from public;

-- What is an event. A system message is none of the visitor's, and an answer that is being written is its turn's.
create trigger messages_log_added after insert on loacl.messages
  for each row when (new.author <> 'system' and new.status <> 'streaming')
  execute function loacl_private.log_thread_event('message_added');
create trigger messages_log_changed after update of status, content, parts on loacl.messages
  for each row when (
    new.author <> 'system' and old.status not in ('streaming', 'waiting')
    and (new.status, new.content, new.parts) is distinct from (old.status, old.content, old.parts)
  )
  execute function loacl_private.log_thread_event('message_changed');
-- The suggestions of an answer are stored together: the first stands for all.
create trigger follow_up_suggestions_log_added after insert on loacl.follow_up_suggestions
  for each row when (new.position = 1)
  execute function loacl_private.log_thread_event('message_changed');
create trigger follow_up_suggestions_log_used after update of used_at on loacl.follow_up_suggestions
  for each row when (new.used_at is distinct from old.used_at)
  execute function loacl_private.log_thread_event('message_changed');

create trigger turns_log_began after insert on loacl_private.turns
  for each row execute function loacl_private.log_thread_event('turn_began');
create trigger turns_log_waiting after update of state on loacl_private.turns
  for each row when (new.state = 'waiting' and old.state <> 'waiting')
  execute function loacl_private.log_thread_event('turn_waiting');
create trigger turns_log_resumed after update of state on loacl_private.turns
  for each row when (new.state = 'running' and old.state <> 'running')
  execute function loacl_private.log_thread_event('turn_resumed');
create trigger turns_log_ended after update of state on loacl_private.turns
  for each row when (new.ended_at is not null and old.ended_at is null)
  execute function loacl_private.log_thread_event('turn_ended');

create trigger threads_log_renamed after update of title on loacl.threads
  for each row when (new.title is distinct from old.title)
  execute function loacl_private.log_thread_event('thread_renamed');
create trigger threads_log_archived after update of status on loacl.threads
  for each row when (new.status = 'archived' and old.status <> 'archived')
  execute function loacl_private.log_thread_event('thread_archived');
create trigger threads_log_deleted after update of status on loacl.threads
  for each row when (new.status = 'deleted' and old.status <> 'deleted')
  execute function loacl_private.log_thread_event('thread_deleted');
create trigger threads_log_restored after update of status on loacl.threads
  for each row when (new.status = 'active' and old.status <> 'active')
  execute function loacl_private.log_thread_event('thread_restored');

create function loacl_private.find_last_event(thread_id uuid)
returns integer
language plpgsql
stable
security definer -- reads the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce((select max(e.number) from loacl_private.thread_events e where e.thread_id = t.id), 0)
    from loacl.threads t
    where t.id = find_last_event.thread_id
      and (
        t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
        or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      )
  );
end
$$;
comment on function loacl_private.find_last_event(uuid) is 'Number of the latest event of a thread of the caller''s; 0 before the first.';
revoke all on function loacl_private.find_last_event(uuid) from public;
grant execute on function loacl_private.find_last_event(uuid) to anon, authenticated;

create table loacl.message_feedback (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  value text not null,
  comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A thread is one person's, so one per message is one per message and person.
  constraint message_feedback_message_id_key unique (message_id),
  constraint message_feedback_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint message_feedback_value check (value in ('up', 'down')),
  constraint message_feedback_comment_length check (char_length(btrim(comment)) between 1 and 2000)
);

create index message_feedback_thread_id_idx on loacl.message_feedback (thread_id);
comment on index loacl.message_feedback_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index message_feedback_session_id_idx on loacl.message_feedback (session_id);
comment on index loacl.message_feedback_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index message_feedback_assistant_id_created_at_idx on loacl.message_feedback (assistant_id, created_at desc);
comment on index loacl.message_feedback_assistant_id_created_at_idx is 'Serves: an operator''s latest feedback.';

create trigger message_feedback_set_place before insert on loacl.message_feedback
  for each row execute function loacl_private.set_place_from_message();

create trigger message_feedback_set_updated_at before update on loacl.message_feedback
  for each row execute function loacl_private.set_updated_at();

create trigger message_feedback_log_changed after insert or update or delete on loacl.message_feedback
  for each row execute function loacl_private.log_thread_event('feedback_changed');

alter table loacl.message_feedback enable row level security;
revoke all on table loacl.message_feedback from public, anon, authenticated, service_role;
grant select, delete on table loacl.message_feedback to anon, authenticated;
grant insert (message_id, value, comment) on table loacl.message_feedback to anon, authenticated;
grant update (value, comment) on table loacl.message_feedback to anon, authenticated;
grant select, insert, update, delete on table loacl.message_feedback to service_role;
comment on table loacl.message_feedback is
  'What a visitor thinks of an answer. Visitors give, change and take back their own; operators see that of their assistants.';
comment on column loacl.message_feedback.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.message_feedback.comment is 'Why, in the visitor''s words.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy message_feedback_select_visitor on loacl.message_feedback for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy message_feedback_select_own on loacl.message_feedback for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
-- The three others are the visitor's alone: an operator reads what visitors think and doesn't say it for them.
create policy message_feedback_insert_own on loacl.message_feedback for insert to anon, authenticated
  with check (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and exists (select from loacl.messages m where m.id = message_feedback.message_id and m.role = 'assistant')
  );
create policy message_feedback_update_own on loacl.message_feedback for update to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  )
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]));
create policy message_feedback_delete_own on loacl.message_feedback for delete to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );

create function loacl.set_feedback(message_id uuid, value text, comment text default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', '"value" must be "up", "down" or null.')
  where set_feedback.value not in ('up', 'down');

  select loacl_private.raise_error(400, 'invalid_body', 'A comment has at most 2000 characters.')
  where char_length(btrim(set_feedback.comment)) > 2000;

  select loacl_private.raise_not_found('message_not_found', 'There is no such answer.')
  where not exists (
    select
    from loacl.messages m
    where m.id = set_feedback.message_id
      and m.role = 'assistant'
      and m.session_id = any ((select loacl_private.own_session_ids())::uuid[])
  );

  delete from loacl.message_feedback f
  where f.message_id = set_feedback.message_id and set_feedback.value is null;

  insert into loacl.message_feedback (message_id, value, comment)
  select set_feedback.message_id, set_feedback.value, nullif(btrim(set_feedback.comment), '')
  where set_feedback.value is not null
  on conflict on constraint message_feedback_message_id_key
    do update set value = excluded.value, comment = excluded.comment;

  select case when set_feedback.value is not null then
    jsonb_build_object('value', set_feedback.value, 'comment', nullif(btrim(set_feedback.comment), ''))
  end;
end;
comment on function loacl.set_feedback(uuid, text, text) is
  'Gives, changes or (with null) takes back what the calling visitor thinks of an answer: `{value, comment}` or null. Errors: message_not_found, invalid_body.';
revoke all on function loacl.set_feedback(uuid, text, text) from public;
grant execute on function loacl.set_feedback(uuid, text, text) to anon, authenticated;

create function loacl.list_threads(
  assistant_id uuid,
  cursor text default null,
  page_size integer default 20,
  search text default null,
  archived boolean default false
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  with asked as (
    select
      least(greatest(coalesce(list_threads.page_size, 20), 1), 100) as page_size,
      nullif(btrim(list_threads.search), '') as search,
      case
        when list_threads.cursor is null then null
        when list_threads.cursor ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
          and pg_input_is_valid(split_part(list_threads.cursor, '_', 1), 'timestamptz') then list_threads.cursor
        else loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_threads gave.')::text
      end as cursor
  ),
  found as (
    select t as thread, row_number() over (order by t.last_message_at desc, t.id desc) as place
    from loacl.threads t
    cross join asked
    where t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and t.assistant_id = list_threads.assistant_id
      and t.status = case when list_threads.archived then 'archived' else 'active' end
      and (
        asked.cursor is null
        or (t.last_message_at, t.id) < (split_part(asked.cursor, '_', 1)::timestamptz, split_part(asked.cursor, '_', 2)::uuid)
      )
      and (
        asked.search is null
        or position(lower(asked.search) in lower(t.title)) > 0
        or exists (
          select from loacl.messages m
          where m.thread_id = t.id and position(lower(asked.search) in lower(m.content)) > 0
        )
      )
    order by t.last_message_at desc, t.id desc
    limit (select asked.page_size + 1 from asked)
  )
  select jsonb_build_object(
    'items', coalesce(
      jsonb_agg(loacl_private.to_thread_summary(f.thread) order by f.place) filter (where f.place <= asked.page_size),
      '[]'
    ),
    'nextCursor', case when count(f.thread) > asked.page_size then
      max(
        to_char((f.thread).last_message_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '_' || (f.thread).id
      ) filter (where f.place = asked.page_size)
    end
  )
  from asked
  left join found f on true
  group by asked.page_size
);
comment on function loacl.list_threads(uuid, text, integer, text, boolean) is
  'The calling visitor''s threads with an assistant, latest first: `Page<ThreadSummary>`. `search` looks in titles and in what was said. At most 100 a page.';
revoke all on function loacl.list_threads(uuid, text, integer, text, boolean) from public;
grant execute on function loacl.list_threads(uuid, text, integer, text, boolean) to anon, authenticated;

-- Finds the suggestions of a whole page in one query: a query for each message would check the policies each time.
create function loacl_private.find_suggestions(message_ids uuid[])
returns table (message_id uuid, items jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select f.message_id,
    jsonb_agg(
      jsonb_build_object('id', f.id, 'suggestion', f.suggestion, 'used', f.used_at is not null) order by f.position
    )
  from loacl.follow_up_suggestions f
  where f.message_id = any (find_suggestions.message_ids)
  group by f.message_id;
end
$$;
comment on function loacl_private.find_suggestions(uuid[]) is 'The suggestions that came with each of these messages, as they travel.';
revoke all on function loacl_private.find_suggestions(uuid[]) from public;
grant execute on function loacl_private.find_suggestions(uuid[]) to anon, authenticated;

create function loacl_private.find_reasoned_parts(message_ids uuid[])
returns table (message_id uuid, parts jsonb)
language plpgsql
stable
security definer -- reads message_internals; asks itself whose messages they are
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select i.message_id, loacl_private.with_reasoning(m.parts, i.reasoning)
  from loacl_private.message_internals i
  join loacl.messages m on m.id = i.message_id
  join loacl.assistants a on a.id = m.assistant_id
  where i.message_id = any (find_reasoned_parts.message_ids)
    and i.reasoning is not null
    and a.show_reasoning
    and (
      m.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      or m.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
end
$$;
comment on function loacl_private.find_reasoned_parts(uuid[]) is
  'The parts with their reasoning of those of these messages that have any, are the caller''s, and whose assistant shows it now.';
revoke all on function loacl_private.find_reasoned_parts(uuid[]) from public;
grant execute on function loacl_private.find_reasoned_parts(uuid[]) to anon, authenticated;

create function loacl_private.to_message(message loacl.messages, is_live boolean, suggestions jsonb, parts jsonb)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  is_abandoned boolean := message.status = 'streaming' and not is_live;
  has_waited_too_long boolean := message.status = 'waiting' and not is_live;
begin
  return jsonb_build_object(
    'id', message.id,
    'clientId', message.client_id,
    'role', message.role,
    'author', message.author,
    'status', case when is_abandoned then 'failed' when has_waited_too_long then 'cut' else message.status end,
    'content', message.content,
    'parts', coalesce(parts, message.parts),
    'errorCode', case when is_abandoned then 'turn_abandoned' else message.error_code end,
    'cutReason', case when has_waited_too_long then 'time_limit' else message.cut_reason end,
    'createdAt', message.created_at,
    'suggestions', coalesce(suggestions, '[]')
  );
end
$$;
comment on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) is
  'A message as it travels, with its suggestions, and with `parts` in place of its own where these are reasoned: `Message`. Without a live turn a message that streams was abandoned, and one that waits has waited too long: it is shown so even before that is stored.';
revoke all on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) from public;
grant execute on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) to anon, authenticated;

-- The next two ask nothing of the caller, and so are granted to none: who calls them has found the message to be theirs.

create function loacl_private.read_reasoned_parts(message loacl.messages)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select loacl_private.with_reasoning((message).parts, i.reasoning)
  from loacl_private.message_internals i
  where i.message_id = (message).id and i.reasoning is not null and loacl_private.shows_reasoning((message).thread_id)
);
comment on function loacl_private.read_reasoned_parts(loacl.messages) is
  'The parts of a message with its reasoning; null where it has none, or its assistant does not show it now.';
revoke all on function loacl_private.read_reasoned_parts(loacl.messages) from public;

create function loacl_private.to_message(message loacl.messages, is_live boolean)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.to_message(
  message,
  is_live,
  (select f.items from loacl_private.find_suggestions(array[(message).id]) f),
  loacl_private.read_reasoned_parts(message)
);
comment on function loacl_private.to_message(loacl.messages, boolean) is
  'One message as it travels: `Message`. For several, find_suggestions and find_reasoned_parts ask once.';
revoke all on function loacl_private.to_message(loacl.messages, boolean) from public;

create function loacl_private.find_live_turn(thread_id uuid, out turn_id uuid, out message_id uuid)
returns setof record
language plpgsql
stable
security definer -- reads turns; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select turn.id, turn.message_id
  from loacl_private.turns turn
  join loacl.threads t on t.id = turn.thread_id
  where turn.thread_id = find_live_turn.thread_id
    and (
      (turn.state = 'running' and turn.lease_expires_at > now())
      or (turn.state = 'waiting' and turn.wait_expires_at > now())
    )
    and (
      t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
end
$$;
comment on function loacl_private.find_live_turn(uuid) is 'The turn in a thread of the caller''s that runs, if its worker is alive, or waits, if its time is not over.';
revoke all on function loacl_private.find_live_turn(uuid) from public;
grant execute on function loacl_private.find_live_turn(uuid) to anon, authenticated;

create function loacl.list_messages(thread_id uuid, cursor text default null, page_size integer default 50)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    with recursive asked as (
      select
        t as thread,
        live.turn_id,
        live.message_id as live_message_id,
        least(greatest(coalesce(list_messages.page_size, 50), 1), 100) as page_size,
        case
          when list_messages.cursor is null then (
            select m.id from loacl.messages m where m.thread_id = t.id order by m.seq desc limit 1
          )
          when list_messages.cursor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then list_messages.cursor::uuid
          else (loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_messages gave.') ->> 0)::uuid
        end as first_id
      from loacl.threads t
      left join loacl_private.find_live_turn(list_messages.thread_id) live on true
      where t.id = list_messages.thread_id
    ),
    -- From the newest message to its parent, and so on to the first: answers that were tried again are not on that path.
    branch as (
      select m as message, 1 as place
      from asked
      join loacl.messages m on m.id = asked.first_id and m.thread_id = list_messages.thread_id
      union all
      select parent, branch.place + 1
      from branch
      join loacl.messages parent on parent.id = (branch.message).parent_id
      where branch.place <= (select asked.page_size from asked)
    )
    select jsonb_build_object(
      'thread', loacl_private.to_thread_summary(asked.thread),
      'activeTurnId', asked.turn_id,
      'lastEvent', loacl_private.find_last_event(list_messages.thread_id),
      'items', coalesce(
        jsonb_agg(
          loacl_private.to_message(
            b.message, (b.message).id is not distinct from asked.live_message_id, f.items, r.parts
          )
          order by b.place
        ) filter (where b.place <= asked.page_size),
        '[]'
      ),
      'nextCursor', max((b.message).id::text) filter (where b.place > asked.page_size)
    )
    from asked
    left join branch b on true
    left join loacl_private.find_suggestions(array(select (branch.message).id from branch)) f on f.message_id = (b.message).id
    left join loacl_private.find_reasoned_parts(array(select (branch.message).id from branch)) r on r.message_id = (b.message).id
    group by asked.thread, asked.turn_id, asked.page_size
  ),
  loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
);
comment on function loacl.list_messages(uuid, text, integer) is
  'A thread''s messages, newest first, along the branch that is shown: `MessagePage`. At most 100 a page. Errors: thread_not_found.';
revoke all on function loacl.list_messages(uuid, text, integer) from public;
grant execute on function loacl.list_messages(uuid, text, integer) to anon, authenticated;

create function loacl_private.list_events(thread_id uuid, after integer)
returns jsonb
language plpgsql
stable
security definer -- reads the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  select t.* into thread
  from loacl.threads t
  where t.id = list_events.thread_id
    and (
      (t.session_id = any ((select loacl_private.own_session_ids())::uuid[]) and t.status <> 'deleted')
      or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
  if not found then
    -- Who has come with a token is told what has become of it. An operator needs none.
    if loacl_private.read_header('x-loacl-session') is not null or loacl_private.own_team_ids() = '{}' then
      perform loacl_private.require_own_session_ids();
    end if;
    perform loacl_private.raise_error(404, 'thread_not_found', 'There is no such conversation.');
  end if;

  return jsonb_build_object(
    'thread', loacl_private.to_thread_summary(thread),
    'activeTurnId', (select live.turn_id from loacl_private.find_live_turn(thread.id) live),
    'items', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'number', f.number, 'kind', f.kind, 'messageId', f.message_id, 'turnId', f.turn_id, 'createdAt', f.created_at
          )
          order by f.number
        ),
        '[]'
      )
      from (
        select e.*
        from loacl_private.thread_events e
        where e.thread_id = thread.id and e.number > coalesce(list_events.after, 0)
        order by e.number
        limit 100
      ) f
    ),
    'lastEvent', loacl_private.find_last_event(thread.id)
  );
end
$$;
comment on function loacl_private.list_events(uuid, integer) is 'Does the work of loacl.list_events.';
revoke all on function loacl_private.list_events(uuid, integer) from public;
grant execute on function loacl_private.list_events(uuid, integer) to anon, authenticated;

create function loacl.list_events(thread_id uuid, after integer default 0)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.list_events(list_events.thread_id, list_events.after);
end;
comment on function loacl.list_events(uuid, integer) is
  'What has happened in a thread since event number `after`, oldest first: `EventPage`. At most 100 a page; `lastEvent` says whether there are more. Asks at each call whose session, or which operator''s, it is. Errors: thread_not_found, session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.list_events(uuid, integer) from public;
grant execute on function loacl.list_events(uuid, integer) to anon, authenticated;

create function loacl.update_thread(thread_id uuid, title text default null, status text default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', 'A title has 1 to 200 characters.')
  where char_length(btrim(update_thread.title)) not between 1 and 200;

  select loacl_private.raise_error(400, 'invalid_body', '"status" must be "active" or "archived".')
  where update_thread.status not in ('active', 'archived');

  with updated as (
    update loacl.threads t
    set title = coalesce(btrim(update_thread.title), t.title), status = coalesce(update_thread.status, t.status)
    where t.id = update_thread.thread_id and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    returning t as thread
  )
  select coalesce(
    (select loacl_private.to_thread_summary(updated.thread) from updated),
    loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
  );
end;
comment on function loacl.update_thread(uuid, text, text) is
  'Renames, archives or brings back a thread of the calling visitor: `ThreadSummary`. What is null stays. Errors: thread_not_found, invalid_body.';
revoke all on function loacl.update_thread(uuid, text, text) from public;
grant execute on function loacl.update_thread(uuid, text, text) to anon, authenticated;

create function loacl.use_suggestion(suggestion_id uuid)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with used as (
    update loacl.follow_up_suggestions f
    set used_at = coalesce(f.used_at, now())
    where f.id = use_suggestion.suggestion_id
      and f.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    returning f.id
  )
  select loacl_private.raise_not_found('suggestion_not_found', 'There is no such suggestion.')
  where not exists (select from used);
end;
comment on function loacl.use_suggestion(uuid) is
  'Notes that the calling visitor chose a suggestion; the first time counts. Errors: suggestion_not_found.';
revoke all on function loacl.use_suggestion(uuid) from public;
grant execute on function loacl.use_suggestion(uuid) to anon, authenticated;

create function loacl_private.delete_thread(thread_id uuid)
returns jsonb
language plpgsql
volatile
security definer -- a visitor can't see the row any more once it is deleted, and an update must see what it wrote
set search_path = pg_catalog, pg_temp
as $$
declare
  deleted timestamptz;
begin
  update loacl.threads t
  set status = 'deleted'
  where t.id = delete_thread.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.status <> 'deleted'
  returning t.deleted_at into deleted;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;
  -- Nobody waits for its answer any more.
  update loacl_private.turns t
  set stop_requested_at = now()
  where t.thread_id = delete_thread.thread_id and t.state = 'running' and t.stop_requested_at is null;
  perform loacl_private.end_turn(t.id, '{"state": "stopped"}')
  from loacl_private.turns t
  where t.thread_id = delete_thread.thread_id and t.state = 'waiting';
  return jsonb_build_object('id', thread_id, 'deletedAt', deleted, 'restorableUntil', deleted + interval '7 days');
end
$$;
comment on function loacl_private.delete_thread(uuid) is 'Does the work of loacl.delete_thread.';
revoke all on function loacl_private.delete_thread(uuid) from public;
grant execute on function loacl_private.delete_thread(uuid) to anon, authenticated;

create function loacl.delete_thread(thread_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.delete_thread(delete_thread.thread_id);
comment on function loacl.delete_thread(uuid) is
  'Deletes a thread of the calling visitor: `{id, deletedAt, restorableUntil}`. It is gone from every list at once, an answer that is being written is stopped, and for seven days restore_thread brings it back. Errors: thread_not_found.';
revoke all on function loacl.delete_thread(uuid) from public;
grant execute on function loacl.delete_thread(uuid) to anon, authenticated;

create function loacl_private.restore_thread(thread_id uuid)
returns jsonb
language plpgsql
volatile
security definer -- a visitor can't see a deleted thread
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  update loacl.threads t
  set status = 'active'
  where t.id = restore_thread.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.deleted_at > now() - interval '7 days'
  returning t.* into thread;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;
  return loacl_private.to_thread_summary(thread);
end
$$;
comment on function loacl_private.restore_thread(uuid) is 'Does the work of loacl.restore_thread.';
revoke all on function loacl_private.restore_thread(uuid) from public;
grant execute on function loacl_private.restore_thread(uuid) to anon, authenticated;

create function loacl.restore_thread(thread_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.restore_thread(restore_thread.thread_id);
comment on function loacl.restore_thread(uuid) is
  'Brings a deleted thread of the calling visitor back: `ThreadSummary`. Up to seven days after it was deleted, whether or not anything has purged since. Errors: thread_not_found.';
revoke all on function loacl.restore_thread(uuid) from public;
grant execute on function loacl.restore_thread(uuid) to anon, authenticated;

create function loacl_private.open_session(assistant_id uuid)
returns jsonb
language plpgsql
stable
security definer -- visitors read neither assistants nor sessions
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
  assistant loacl.assistants := loacl_private.enter_assistant(open_session.assistant_id, loacl_private.read_header('origin'));
  session loacl.sessions := loacl_private.enter_session(
    token_hash, assistant.id, loacl_private.find_live_user((select auth.jwt()))
  );
begin
  return jsonb_build_object(
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'name', assistant.name,
      'description', assistant.description,
      'greeting', assistant.greeting,
      'appearance', assistant.appearance,
      'maxMessageLength', assistant.max_message_length,
      'fingerprint', assistant.fingerprint
    ),
    'questions', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', q.id, 'question', q.question, 'category', q.category)
          order by q.priority desc, q.created_at, q.id
        ),
        '[]'
      )
      from loacl.guided_questions q
      where q.assistant_id = assistant.id and q.is_active
    ),
    'visitor', jsonb_build_object('sessionId', session.id, 'type', coalesce(session.session_type, 'guest')),
    'threads', loacl.list_threads(assistant.id)
  );
end
$$;
comment on function loacl_private.open_session(uuid) is 'Does the work of loacl.open_session.';
revoke all on function loacl_private.open_session(uuid) from public;
grant execute on function loacl_private.open_session(uuid) to anon, authenticated;

create function loacl.open_session(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.open_session(open_session.assistant_id);
comment on function loacl.open_session(uuid) is
  'All that a widget needs to open: `OpenedSession`. Writes nothing; the first message makes the session. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked, session_mismatch, assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl.open_session(uuid) from public;
grant execute on function loacl.open_session(uuid) to anon, authenticated;

create table loacl.model_prices (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid default auth.uid() references auth.users (id) on delete cascade,
  model text not null,
  input_usd numeric not null,
  cached_input_usd numeric,
  output_usd numeric not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint model_prices_owner_id_model_key unique nulls not distinct (owner_id, model),
  constraint model_prices_model_length check (char_length(model) between 1 and 200),
  constraint model_prices_positive check (input_usd >= 0 and cached_input_usd >= 0 and output_usd >= 0),
  -- Settling a call at an infinite price would leave NaN in the budget, which would count as used up until the month ends.
  constraint model_prices_finite check (input_usd < 'infinity' and cached_input_usd < 'infinity' and output_usd < 'infinity')
);

create trigger model_prices_set_updated_at before update on loacl.model_prices
  for each row execute function loacl_private.set_updated_at();

alter table loacl.model_prices enable row level security;
revoke all on table loacl.model_prices from public, anon, authenticated, service_role;
grant select, delete on table loacl.model_prices to authenticated;
grant insert (owner_id, model, input_usd, cached_input_usd, output_usd) on table loacl.model_prices to authenticated;
grant update (model, input_usd, cached_input_usd, output_usd) on table loacl.model_prices to authenticated;
grant select, insert, update, delete on table loacl.model_prices to service_role;
comment on table loacl.model_prices is
  'What models cost, in US dollars per million tokens. Operators see the shared rows and set rows of their own, which win.';
comment on column loacl.model_prices.owner_id is 'null: shared by all, as it came with LOACL.';
comment on column loacl.model_prices.model is 'As the provider names it, without the date of a snapshot unless that one costs otherwise.';
comment on column loacl.model_prices.cached_input_usd is 'null: cached input costs what other input does.';

create policy model_prices_select_own on loacl.model_prices for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[])
    or owner_id is null and (select loacl_private.own_team_ids()) <> '{}');
create policy model_prices_insert_own on loacl.model_prices for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy model_prices_update_own on loacl.model_prices for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy model_prices_delete_own on loacl.model_prices for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

-- List prices of November 2026.
insert into loacl.model_prices (model, input_usd, cached_input_usd, output_usd) values
  ('gpt-6-astra', 10, 1, 50),
  ('gpt-6.1-sol', 2, 0.10, 10),
  ('gpt-6.1-terra', 1, 0.05, 5),
  ('gpt-6-luna', 0.10, 0.01, 0.50),
  ('gpt-5.6-sol', 4, 0.4, 20),
  ('gpt-5.6-terra', 2, 0.2, 12),
  ('gpt-5.6-luna', 0.2, 0.02, 1.2),
  ('gpt-5.4', 2.5, 0.25, 15),
  ('gpt-5.4-mini', 0.75, 0.075, 4.5),
  ('gpt-5.4-nano', 0.2, 0.02, 1.25);

create table loacl.usage_logs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  assistant_id uuid references loacl.assistants (id) on delete set null,
  session_id uuid references loacl.sessions (id) on delete set null,
  thread_id uuid references loacl.threads (id) on delete set null,
  step integer,
  purpose text not null,
  provider text not null,
  model text not null,
  input_tokens bigint not null,
  cached_input_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_usd numeric,
  created_at timestamptz not null default now(),
  constraint usage_logs_purpose check (purpose in ('answer', 'follow_ups')),
  constraint usage_logs_step_positive check (step > 0),
  constraint usage_logs_tokens_positive check (
    input_tokens >= 0 and cached_input_tokens >= 0 and output_tokens >= 0 and reasoning_tokens >= 0
  ),
  constraint usage_logs_cost_usd_finite check (cost_usd >= 0 and cost_usd < 'infinity')
);

create index usage_logs_owner_id_created_at_idx on loacl.usage_logs (owner_id, created_at desc);
comment on index loacl.usage_logs_owner_id_created_at_idx is 'Serves: an operator''s usage over a time.';
create index usage_logs_assistant_id_created_at_idx on loacl.usage_logs (assistant_id, created_at desc);
comment on index loacl.usage_logs_assistant_id_created_at_idx is 'Serves: an assistant''s usage over a time; the deletion of an assistant.';
create index usage_logs_session_id_idx on loacl.usage_logs (session_id);
comment on index loacl.usage_logs_session_id_idx is 'Serves: a visitor''s usage; the deletion of a session.';
create index usage_logs_thread_id_idx on loacl.usage_logs (thread_id);
comment on index loacl.usage_logs_thread_id_idx is 'Serves: a conversation''s usage; the deletion of a thread.';

alter table loacl.usage_logs enable row level security;
revoke all on table loacl.usage_logs from public, anon, authenticated, service_role;
grant select on table loacl.usage_logs to authenticated;
grant select, insert, update, delete on table loacl.usage_logs to service_role;
comment on table loacl.usage_logs is
  'One row per model call: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';
comment on column loacl.usage_logs.step is 'Which step of its turn the call belongs to, 1 for the first; null where that is not known.';
comment on column loacl.usage_logs.purpose is 'answer: to a message. follow_ups: suggestions and the thread''s title.';
comment on column loacl.usage_logs.model is 'As the provider reported it.';
comment on column loacl.usage_logs.cached_input_tokens is 'Of the input tokens, those read from the provider''s cache.';
comment on column loacl.usage_logs.reasoning_tokens is 'Of the output tokens, those spent on reasoning.';
comment on column loacl.usage_logs.cost_usd is 'null where the price of the model is not known.';

create policy usage_logs_select_own on loacl.usage_logs for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create function loacl_private.find_price(owner_id uuid, model text)
returns loacl.model_prices
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  price loacl.model_prices;
  undated text := regexp_replace(model, '-[0-9]{4}-[0-9]{2}-[0-9]{2}$', '');
begin
  select p.* into price
  from loacl.model_prices p
  where p.model in (find_price.model, undated) and (p.owner_id = find_price.owner_id or p.owner_id is null)
  -- The owner's own price wins, then that of the very snapshot.
  order by p.owner_id nulls last, p.model = find_price.model desc
  limit 1;
  return price;
end
$$;
comment on function loacl_private.find_price(uuid, text) is
  'What a model costs this owner; null where the model has no price. A dated snapshot costs what its model does.';
revoke all on function loacl_private.find_price(uuid, text) from public;

create function loacl_private.compute_cost(
  price loacl.model_prices, input_tokens bigint, cached_input_tokens bigint, output_tokens bigint
)
returns numeric
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    greatest(input_tokens - cached_input_tokens, 0) * price.input_usd
    + cached_input_tokens * coalesce(price.cached_input_usd, price.input_usd)
    + output_tokens * price.output_usd
  ) / 1000000;
end
$$;
comment on function loacl_private.compute_cost(loacl.model_prices, bigint, bigint, bigint) is
  'US dollars that a call costs at this price; null without one. Cached input tokens are among the input tokens.';
revoke all on function loacl_private.compute_cost(loacl.model_prices, bigint, bigint, bigint) from public;

create function loacl_private.log_usage(turn loacl_private.turns, step integer, purpose text, model text, usage jsonb)
returns loacl.usage_logs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  logged loacl.usage_logs;
  thread loacl.threads;
  owner_id uuid;
  answered_by text := coalesce(model, turn.model);
  input_tokens bigint := coalesce((usage ->> 'inputTokens')::bigint, 0);
  cached_input_tokens bigint := coalesce((usage ->> 'cachedInputTokens')::bigint, 0);
  output_tokens bigint := coalesce((usage ->> 'outputTokens')::bigint, 0);
  reasoning_tokens bigint := coalesce((usage ->> 'reasoningTokens')::bigint, 0);
begin
  if jsonb_typeof(usage) is distinct from 'object' then
    return null;
  end if;
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.owner_id into owner_id from loacl.assistants a where a.id = thread.assistant_id;
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, step, purpose, provider, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd
  )
  values (
    owner_id, thread.assistant_id, thread.session_id, thread.id, step, purpose, turn.provider, answered_by,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    loacl_private.compute_cost(
      loacl_private.find_price(owner_id, answered_by), input_tokens, cached_input_tokens, output_tokens
    )
  )
  returning * into logged;
  return logged;
end
$$;
comment on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) is
  'Writes one row of usage_logs for a call of this turn and returns it; null where the usage is not known.';
revoke all on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) from public;

create function loacl.usage_metrics(
  by text,
  since timestamptz default now() - interval '30 days',
  until timestamptz default now(),
  assistant_id uuid default null
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', '"by" must be day, assistant, session, thread or user.')
  where coalesce(usage_metrics.by, '') not in ('day', 'assistant', 'session', 'thread', 'user');

  with events as (
    select u.created_at, u.assistant_id, u.session_id, u.thread_id,
      u.input_tokens, u.cached_input_tokens, u.output_tokens, u.reasoning_tokens,
      1 as calls, 0 as messages, 0 as files, u.cost_usd, (u.cost_usd is null)::integer as unpriced_calls
    from loacl.usage_logs u
    where u.created_at >= usage_metrics.since
      and u.created_at < usage_metrics.until
      and (usage_metrics.assistant_id is null or u.assistant_id = usage_metrics.assistant_id)
    union all
    select m.created_at, m.assistant_id, m.session_id, m.thread_id, 0, 0, 0, 0, 0, 1, 0, null, 0
    from loacl.messages m
    where m.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      and m.created_at >= usage_metrics.since
      and m.created_at < usage_metrics.until
      and m.role = 'user'
      and (usage_metrics.assistant_id is null or m.assistant_id = usage_metrics.assistant_id)
    union all
    select f.created_at, f.assistant_id, f.session_id, f.thread_id, 0, 0, 0, 0, 0, 0, 1, null, 0
    from loacl.files f
    where f.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      and f.created_at >= usage_metrics.since
      and f.created_at < usage_metrics.until
      and (usage_metrics.assistant_id is null or f.assistant_id = usage_metrics.assistant_id)
  ),
  sums as (
    select
      case usage_metrics.by
        when 'day' then to_char(e.created_at at time zone 'utc', 'YYYY-MM-DD')
        when 'assistant' then e.assistant_id::text
        when 'session' then e.session_id::text
        when 'thread' then e.thread_id::text
        when 'user' then coalesce(s.user_id::text, s.external_id)
      end as key,
      sum(e.input_tokens) as input_tokens,
      sum(e.cached_input_tokens) as cached_input_tokens,
      sum(e.output_tokens) as output_tokens,
      sum(e.reasoning_tokens) as reasoning_tokens,
      sum(e.calls) as calls,
      sum(e.messages) as messages,
      sum(e.files) as files,
      trim_scale(coalesce(sum(e.cost_usd), 0)) as cost_usd,
      sum(e.unpriced_calls) as unpriced_calls
    from events e
    left join loacl.sessions s on s.id = e.session_id and usage_metrics.by = 'user'
    group by 1
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'key', s.key,
        'inputTokens', s.input_tokens,
        'cachedInputTokens', s.cached_input_tokens,
        'outputTokens', s.output_tokens,
        'reasoningTokens', s.reasoning_tokens,
        'calls', s.calls,
        'messages', s.messages,
        'files', s.files,
        'costUsd', s.cost_usd,
        'unpricedCalls', s.unpriced_calls
      )
      order by s.key nulls last
    ),
    '[]'
  )
  from sums s;
end;
comment on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) is
  'What the calling operator''s assistants used, by `day` (UTC), `assistant`, `session`, `thread` or `user`, from `since` until before `until`: `[{key, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, calls, messages, files, costUsd, unpricedCalls}]`. A null key gathers what no longer has one (deleted, erased) or never had (guests, by user). `messages` are visitors'' messages. `costUsd` leaves out the calls that `unpricedCalls` counts: their model has no price. Errors: invalid_body.';
revoke all on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) from public;
grant execute on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) to authenticated;

create table loacl_private.rate_salts (
  day date primary key,
  salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  constraint rate_salts_salt_length check (octet_length(salt) = 32)
);
alter table loacl_private.rate_salts enable row level security;
revoke all on table loacl_private.rate_salts from public, anon, authenticated, service_role;
comment on table loacl_private.rate_salts is
  'What the keys of rate_counters are hashed with. A new one each day, in UTC; the old one is deleted an hour later, when nothing that it counted goes on: from then on nobody can tell which address a key was.';

create table loacl_private.rate_counters (
  key bytea primary key,
  count integer not null,
  ends_at timestamptz not null,
  constraint rate_counters_key_length check (octet_length(key) = 32),
  constraint rate_counters_count_positive check (count > 0)
);
create index rate_counters_ends_at_idx on loacl_private.rate_counters (ends_at);
comment on index loacl_private.rate_counters_ends_at_idx is 'Serves: counters that have run out.';
alter table loacl_private.rate_counters enable row level security;
revoke all on table loacl_private.rate_counters from public, anon, authenticated, service_role;
comment on table loacl_private.rate_counters is
  'How often something happened since its time began. It begins with the first time and is over at `ends_at`.';
comment on column loacl_private.rate_counters.key is
  'Salted SHA-256 of the limit, the assistant, and the session, network address or fingerprint that is counted.';

create function loacl_private.take_rate_salt()
returns bytea
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  today date := (now() at time zone 'utc')::date;
  salt bytea;
begin
  select s.salt into salt from loacl_private.rate_salts s where s.day = today;
  if found then
    return salt;
  end if;
  insert into loacl_private.rate_salts (day) values (today) on conflict (day) do nothing;
  select s.salt into strict salt from loacl_private.rate_salts s where s.day = today;
  return salt;
end
$$;
comment on function loacl_private.take_rate_salt() is 'The salt of today. The first to ask makes it.';
revoke all on function loacl_private.take_rate_salt() from public;

create function loacl_private.to_network(address text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  parsed inet;
begin
  parsed := address::inet;
  if family(parsed) = 4 then
    return host(parsed);
  end if;
  -- An IPv4 address written as IPv6 (`::ffff:a.b.c.d`): by its /64 it would share one count with all others of that form.
  if parsed << inet '::ffff:0:0/96' then
    return host(inet '0.0.0.0' + (parsed - inet '::ffff:0:0'));
  end if;
  -- A household or a server has a whole /64 to choose addresses from.
  return network(set_masklen(parsed, 64))::text;
exception
  when invalid_text_representation then
    return null;
end
$$;
comment on function loacl_private.to_network(text) is
  'What a network address is counted by: IPv4 whole, IPv6 by its /64. null for what is no address.';
revoke all on function loacl_private.to_network(text) from public;

create function loacl_private.find_counter_key(key_parts text[])
returns bytea
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  counted bytea := convert_to(array_to_json(key_parts)::text, 'UTF8');
  today_salt bytea := loacl_private.take_rate_salt();
  running_key bytea;
begin
  -- What began to be counted yesterday goes on past midnight, under the salt that it began with.
  select c.key into running_key
  from loacl_private.rate_salts s
  join loacl_private.rate_counters c on c.key = sha256(s.salt || counted)
  where s.salt <> today_salt and c.ends_at > clock_timestamp();
  return coalesce(running_key, sha256(today_salt || counted));
end
$$;
comment on function loacl_private.find_counter_key(text[]) is
  'The key of the counter that goes on for this limit and whoever is counted, or of the one that begins.';
revoke all on function loacl_private.find_counter_key(text[]) from public;

create function loacl_private.count_up(key_parts text[], allowed integer, period interval, detail text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  counter loacl_private.rate_counters;
begin
  if allowed is null then
    return;
  end if;
  -- Whoever counts the same waits here until this transaction ends: no two see the same count.
  insert into loacl_private.rate_counters as c (key, count, ends_at)
  values (
    loacl_private.find_counter_key(key_parts), 1, clock_timestamp() + period
  )
  on conflict (key) do update
  set count = case when c.ends_at <= clock_timestamp() then 1 else c.count + 1 end,
    ends_at = case when c.ends_at <= clock_timestamp() then clock_timestamp() + period else c.ends_at end
  returning c.* into counter;
  if counter.count > allowed then
    perform loacl_private.raise_error(429, 'rate_limited', detail, loacl_private.to_hint(counter.ends_at));
  end if;
end
$$;
comment on function loacl_private.count_up(text[], integer, interval, text) is
  'Counts once more, and refuses where that is more than is allowed in the period; the refusal takes the count back. null allows all and counts nothing. Errors: rate_limited.';
revoke all on function loacl_private.count_up(text[], integer, interval, text) from public;

create function loacl_private.to_hint(until timestamptz)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return greatest(ceil(extract(epoch from until - clock_timestamp()) * 1000), 1)::bigint::text;
end
$$;
comment on function loacl_private.to_hint(timestamptz) is 'The milliseconds until then, as raise_error takes them.';
revoke all on function loacl_private.to_hint(timestamptz) from public;

create function loacl_private.purge_rate_counters(max_counters integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.rate_counters c
  where c.key in (
    select old.key
    from loacl_private.rate_counters old
    where old.ends_at <= now()
    order by old.ends_at
    limit max_counters
    for update skip locked
  );
  -- No limit's period is longer than an hour.
  delete from loacl_private.rate_salts s where s.day < ((now() - interval '1 hour') at time zone 'utc')::date;
end
$$;
comment on function loacl_private.purge_rate_counters(integer) is
  'Deletes counters that have run out, the oldest first, and the salts that none can go on under.';
revoke all on function loacl_private.purge_rate_counters(integer) from public;

create function loacl_private.check_rates(
  assistant loacl.assistants, session_id uuid, is_new_session boolean, address text, fingerprint text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  network text := loacl_private.to_network(address);
begin
  -- Loopback addresses are the machine's own, and not counted. All requests without an address share one count.
  if network is null or not (network::inet <<= inet '127.0.0.0/8' or address::inet = inet '::1') then
    perform loacl_private.count_up(
      array['address', assistant.id::text, coalesce(network, '')],
      assistant.messages_per_hour_per_address, interval '1 hour',
      'Many messages came from your network within the last hour. Please try again later.'
    );
    if is_new_session then
      perform loacl_private.count_up(
        array['new_session', assistant.id::text, coalesce(network, '')],
        assistant.new_sessions_per_hour_per_address, interval '1 hour',
        'Many new visitors came from your network within the last hour. Please try again later.'
      );
    end if;
  end if;
  if fingerprint is not null then
    perform loacl_private.count_up(
      array['fingerprint', assistant.id::text, fingerprint],
      assistant.messages_per_hour_per_fingerprint, interval '1 hour',
      'Many messages came from browsers like yours within the last hour. Please try again later.'
    );
  end if;
  perform loacl_private.count_up(
    array['session', assistant.id::text, session_id::text],
    assistant.messages_per_minute, interval '1 minute',
    'You sent many messages within a minute. Please wait a moment.'
  );
end
$$;
comment on function loacl_private.check_rates(loacl.assistants, uuid, boolean, text, text) is
  'Counts a message of a session against the assistant''s limits, always in the same order, so that no two wait for each other. Errors: rate_limited.';
revoke all on function loacl_private.check_rates(loacl.assistants, uuid, boolean, text, text) from public;

create function loacl_private.check_thread_length(assistant loacl.assistants, thread_id uuid)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if assistant.messages_per_thread <= (
    select count(*) from loacl.messages m where m.thread_id = check_thread_length.thread_id and m.role = 'user'
  ) then
    perform loacl_private.raise_error(429, 'thread_full', 'This conversation is full. Please begin a new one.');
  end if;
end
$$;
comment on function loacl_private.check_thread_length(loacl.assistants, uuid) is
  'Refuses a further message where the thread holds as many of the visitor''s as it may. The caller holds the thread. Errors: thread_full.';
revoke all on function loacl_private.check_thread_length(loacl.assistants, uuid) from public;

create table loacl_private.budgets (
  assistant_id uuid primary key references loacl.assistants (id) on delete cascade,
  day date not null default (now() at time zone 'utc')::date,
  day_tokens bigint not null default 0,
  day_usd numeric not null default 0,
  month date not null default date_trunc('month', now() at time zone 'utc')::date,
  month_usd numeric not null default 0,
  constraint budgets_positive check (day_tokens >= 0 and day_usd >= 0 and month_usd >= 0),
  constraint budgets_month_first check (month = date_trunc('month', day)::date)
);
alter table loacl_private.budgets enable row level security;
revoke all on table loacl_private.budgets from public, anon, authenticated, service_role;
comment on table loacl_private.budgets is
  'What an assistant''s model calls took today and this month, in UTC: what was reserved for them until it is settled, then what they did take. One row for each assistant; turns that begin at the same time wait for each other there.';
comment on column loacl_private.budgets.month is 'Its first day.';

create table loacl_private.reservations (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  step integer not null,
  purpose text not null,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  day date not null,
  tokens bigint not null,
  usd numeric not null,
  constraint reservations_pkey primary key (turn_id, step, purpose),
  constraint reservations_purpose check (purpose in ('answer', 'follow_ups')),
  constraint reservations_positive check (tokens >= 0 and usd >= 0)
);
create index reservations_assistant_id_idx on loacl_private.reservations (assistant_id);
comment on index loacl_private.reservations_assistant_id_idx is 'Serves: the deletion of an assistant.';
create index reservations_day_idx on loacl_private.reservations (day);
comment on index loacl_private.reservations_day_idx is 'Serves: reservations that nobody will settle any more.';
alter table loacl_private.reservations enable row level security;
revoke all on table loacl_private.reservations from public, anon, authenticated, service_role;
comment on table loacl_private.reservations is
  'What the model calls of a turn''s step may take at most, and is in the budget already. Settling deletes the row and gives back what was too much; a row that is never settled counts as spent in full.';
comment on column loacl_private.reservations.purpose is 'As in usage_logs: a step makes at most one call of each, and only a turn''s last step the one for follow-ups.';
comment on column loacl_private.reservations.day is 'The day whose budget it is in.';
comment on column loacl_private.reservations.usd is '0 where the price is not known, which no spend limit lets through.';

create function loacl_private.bound_tokens(content text)
returns bigint
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return octet_length(content) + 16;
end
$$;
comment on function loacl_private.bound_tokens(text) is
  'How many tokens a message takes at most: no token is shorter than a byte, and sixteen are room for what goes around it. estimate_tokens is the likely number.';
revoke all on function loacl_private.bound_tokens(text) from public;

create function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  price loacl.model_prices := loacl_private.find_price(assistant.owner_id, assistant.model);
begin
  return query
  with said as (
    select h.place, h.message ->> 'content' as content
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, input, output) as (
    select 'answer', loacl_private.bound_tokens(assistant.instructions) + sum(loacl_private.bound_tokens(s.content))::bigint
        + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select 'follow_ups',
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    greatest(
      loacl_private.compute_cost(price, c.input, 0, c.output),
      -- In an owner's price list cached input may be the dearer.
      loacl_private.compute_cost(price, c.input, c.input, c.output)
    )
  from calls c;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take; `usd` null where the model has no price. `added_bytes`: what earlier steps added to the conversation, as JSON.';
revoke all on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) from public;

create function loacl_private.add_to_budget(budget loacl_private.budgets, tokens bigint, usd numeric)
returns loacl_private.budgets
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  today date := (clock_timestamp() at time zone 'utc')::date;
begin
  if budget.day is null or budget.day < today then
    budget.day := today;
    budget.day_tokens := 0;
    budget.day_usd := 0;
  end if;
  if budget.month is distinct from date_trunc('month', budget.day)::date then
    budget.month := date_trunc('month', budget.day)::date;
    budget.month_usd := 0;
  end if;
  budget.day_tokens := budget.day_tokens + tokens;
  budget.day_usd := budget.day_usd + usd;
  budget.month_usd := budget.month_usd + usd;
  return budget;
end
$$;
comment on function loacl_private.add_to_budget(loacl_private.budgets, bigint, numeric) is
  'The budget with this much added to today''s and this month''s part. Stores nothing.';
revoke all on function loacl_private.add_to_budget(loacl_private.budgets, bigint, numeric) from public;

create function loacl_private.check_budget(assistant loacl.assistants, budget loacl_private.budgets)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  until timestamp;
begin
  if budget.month_usd > assistant.spend_per_month_usd then
    until := budget.month + interval '1 month';
  elsif budget.day_usd > assistant.spend_per_day_usd or budget.day_tokens > assistant.tokens_per_day then
    until := budget.day + interval '1 day';
  else
    return;
  end if;
  -- Says nothing of which limit it is, nor how high: that is the owner's business.
  perform loacl_private.raise_error(
    429, 'budget_exceeded', 'This assistant has reached its limit for now. Please come back later.',
    loacl_private.to_hint(until at time zone 'utc')
  );
end
$$;
comment on function loacl_private.check_budget(loacl.assistants, loacl_private.budgets) is
  'Refuses what is more than the assistant''s limits allow, until the next day or month begins, in UTC. Errors: budget_exceeded.';
revoke all on function loacl_private.check_budget(loacl.assistants, loacl_private.budgets) from public;

create function loacl_private.reserve_budget(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint, turn_id uuid, step integer
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  purposes text[];
  most_tokens bigint[];
  most_usd numeric[];
  tokens bigint;
  usd numeric;
  budget loacl_private.budgets;
begin
  select array_agg(c.purpose), array_agg(c.tokens), array_agg(c.usd), sum(c.tokens), coalesce(sum(c.usd), 0)
  into purposes, most_tokens, most_usd, tokens, usd
  from loacl_private.bound_calls(assistant, history, is_first_turn, added_bytes) c;
  if array_position(most_usd, null) is not null
    and num_nonnulls(assistant.spend_per_day_usd, assistant.spend_per_month_usd) > 0
  then
    perform loacl_private.raise_error(
      409, 'price_unknown', 'This assistant has a spend limit and a model without a price. Its owner can set the price.'
    );
  end if;

  if turn_id is null then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id;
    perform loacl_private.check_budget(assistant, loacl_private.add_to_budget(budget, tokens, usd));
    return;
  end if;

  insert into loacl_private.budgets (assistant_id) values (assistant.id) on conflict (assistant_id) do nothing;
  select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id for no key update;
  budget := loacl_private.add_to_budget(budget, tokens, usd);
  perform loacl_private.check_budget(assistant, budget);
  update loacl_private.budgets b
  set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
  where b.assistant_id = assistant.id;
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, usd)
  select reserve_budget.turn_id, reserve_budget.step, c.purpose, assistant.id, budget.day, c.tokens, coalesce(c.usd, 0)
  from unnest(purposes, most_tokens, most_usd) as c (purpose, tokens, usd);
end
$$;
comment on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) is
  'Reserves what a step may take at most, or refuses it. Holds the assistant''s budget to the end of the transaction: to be called last. Without a turn it reserves nothing and refuses what has no room as things are. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) from public;

create function loacl_private.settle_reservation(turn_id uuid, step integer, purpose text, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
begin
  delete from loacl_private.reservations r
  where r.turn_id = settle_reservation.turn_id
    and r.step = settle_reservation.step
    and r.purpose = settle_reservation.purpose
  returning r.* into reserved;
  if not found then
    return;
  end if;
  -- What was reserved yesterday is no longer in today's budget.
  update loacl_private.budgets b
  set day_tokens = b.day_tokens + case when b.day = reserved.day then settle_reservation.tokens - reserved.tokens else 0 end,
    day_usd = b.day_usd + case when b.day = reserved.day then coalesce(settle_reservation.usd, reserved.usd) - reserved.usd else 0 end,
    month_usd = b.month_usd
      + case when b.month = date_trunc('month', reserved.day)::date then coalesce(settle_reservation.usd, reserved.usd) - reserved.usd else 0 end
  where b.assistant_id = reserved.assistant_id;
end
$$;
comment on function loacl_private.settle_reservation(uuid, integer, text, bigint, numeric) is
  'Puts what a call did take in place of what was reserved for it, once. `usd` null: the whole reservation.';
revoke all on function loacl_private.settle_reservation(uuid, integer, text, bigint, numeric) from public;

create function loacl_private.settle_usage(turn loacl_private.turns, used loacl.usage_logs)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if used.id is null then
    return;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens,
    -- The provider may name the model in a way that has no price: then the price of the model that was asked holds.
    coalesce(
      used.cost_usd,
      loacl_private.compute_cost(
        loacl_private.find_price(used.owner_id, turn.model), used.input_tokens, used.cached_input_tokens, used.output_tokens
      )
    )
  );
end
$$;
comment on function loacl_private.settle_usage(loacl_private.turns, loacl.usage_logs) is
  'Settles a call by what log_usage wrote of it; where that was nothing, the reservation stands in full.';
revoke all on function loacl_private.settle_usage(loacl_private.turns, loacl.usage_logs) from public;

create function loacl_private.release_follow_ups(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.settle_reservation(r.turn_id, r.step, r.purpose, 0, 0)
  from loacl_private.reservations r
  where r.turn_id = release_follow_ups.turn_id and r.purpose = 'follow_ups';
end
$$;
comment on function loacl_private.release_follow_ups(uuid) is
  'Gives back what a turn reserved for follow-ups, where none are to come of its latest step.';
revoke all on function loacl_private.release_follow_ups(uuid) from public;

create function loacl_private.purge_reservations()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  -- No turn takes that long. What it reserved stays in the budget of its month.
  delete from loacl_private.reservations r where r.day < (now() at time zone 'utc')::date - 1;
end;
comment on function loacl_private.purge_reservations() is 'Deletes reservations that nobody will settle any more: they stand in full.';
revoke all on function loacl_private.purge_reservations() from public;

create function loacl_private.remember_fingerprint(session loacl.sessions, fingerprint text)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := sha256(convert_to(session.assistant_id || ':' || fingerprint, 'UTF8'));
begin
  if session.fingerprint_hash is distinct from hash then
    update loacl.sessions s set fingerprint_hash = hash where s.id = session.id;
  end if;
  return encode(hash, 'hex');
end
$$;
comment on function loacl_private.remember_fingerprint(loacl.sessions, text) is
  'Keeps the hash of a browser''s fingerprint with its session, and gives it in hexadecimal.';
revoke all on function loacl_private.remember_fingerprint(loacl.sessions, text) from public;

create function loacl_private.is_free_of_charge(outcome jsonb, content_before text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  outcome ->> 'state' = 'failed'
    -- Before the provider began to answer.
    and outcome ->> 'responseId' is null
    and coalesce(outcome ->> 'content', '') = content_before
    and jsonb_typeof(outcome -> 'usage') is distinct from 'object'
    and outcome ->> 'errorCode' in (
      'provider_key_missing', 'provider_key_unusable', 'provider_key_rejected',
      'model_rate_limited', 'model_request_rejected', 'model_unavailable'
    ),
  false
);
comment on function loacl_private.is_free_of_charge(jsonb, text) is
  'Whether a step ended without a model call that anybody charges for: none was made, or the provider refused it. `content_before`: the answer as the steps before it left it. A stopped step may have been charged for, whatever came of it.';
revoke all on function loacl_private.is_free_of_charge(jsonb, text) from public;

-- Code points by number: what `[:space:]` takes in differs between the locales of databases.
create function loacl_private.is_blank(value text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return value !~ (
  '[^\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F'
  '\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U00013430-\U00013442\U00016FE4'
  '\U0001BCA0-\U0001BCA3\U0001D159\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'
);
comment on function loacl_private.is_blank(text) is
  'Whether a text shows nothing: white space, controls, what Unicode says to ignore in display (Hangul fillers, joiners, variation selectors, tags, …), and the other code points whose glyph is empty, such as the braille pattern without dots. The same as isBlank of @loacl/wire.';
revoke all on function loacl_private.is_blank(text) from public;

create function loacl_private.check_text(request jsonb, max_length integer)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(request -> 'text') is distinct from 'string' then
    perform loacl_private.raise_error(400, 'invalid_body', '"text" must be a string.');
  end if;
  if loacl_private.is_blank(request ->> 'text') then
    perform loacl_private.raise_error(400, 'text_required', 'The message is empty.');
  end if;
  if char_length(request ->> 'text') > max_length then
    perform loacl_private.raise_error(413, 'text_too_long', format('A message has at most %s characters.', max_length));
  end if;
  return request ->> 'text';
end
$$;
comment on function loacl_private.check_text(jsonb, integer) is 'The text of a new message. Errors: invalid_body, text_required, text_too_long.';
revoke all on function loacl_private.check_text(jsonb, integer) from public;

create function loacl_private.estimate_tokens(content text)
returns integer
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return ceil(octet_length(content) / 3.0)::integer + 4;
end
$$;
comment on function loacl_private.estimate_tokens(text) is
  'About how many tokens a message takes: one for three bytes of UTF-8, and four around it. On the high side for English (four letters a token), about right for scripts of three bytes a letter.';
revoke all on function loacl_private.estimate_tokens(text) from public;

create function loacl_private.read_history(message_id uuid, token_budget integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    with recursive branch as (
      select m.id, m.parent_id, m.role, m.status, m.content, 1 as place, loacl_private.estimate_tokens(m.content) as tokens
      from loacl.messages m
      where m.id = read_history.message_id
      union all
      select m.id, m.parent_id, m.role, m.status, m.content, b.place + 1,
        b.tokens + case when m.status = 'failed' or m.content = '' then 0 else loacl_private.estimate_tokens(m.content) end
      from branch b
      join loacl.messages m on m.id = b.parent_id
      where b.tokens <= read_history.token_budget
    )
    select jsonb_agg(jsonb_build_object('role', b.role, 'content', b.content) order by b.place desc)
    from branch b
    where b.place = 1
      or (b.tokens <= read_history.token_budget and b.status in ('completed', 'stopped', 'cut') and b.content <> '' and b.role <> 'system')
  );
end
$$;
comment on function loacl_private.read_history(uuid, integer) is
  'What the model is told of a conversation, oldest first: the branch that ends in this message, from it backwards as far as the budget of estimated tokens goes. Failed answers are left out; the message itself is always in.';
revoke all on function loacl_private.read_history(uuid, integer) from public;

create function loacl_private.find_asked_message(request jsonb, own_session_ids uuid[])
returns loacl.messages
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  asked loacl.messages;
  request_id uuid := (request ->> 'id')::uuid;
  request_thread_id uuid := (request ->> 'threadId')::uuid;
begin
  if request ->> 'type' = 'retry' then
    -- By either of its ids: after a reload a page knows both.
    select m.* into asked
    from loacl.messages m
    where m.session_id = any (own_session_ids)
      and m.thread_id = request_thread_id
      and m.role = 'user'
      and (m.client_id = request_id or m.id = request_id);
    if not found then
      perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message.');
    end if;
    return asked;
  end if;

  select m.* into asked
  from loacl.messages m
  where m.client_id = request_id
  order by m.session_id <> all (own_session_ids)
  limit 1;
  if not found then
    return null;
  end if;
  if asked.session_id <> all (own_session_ids) then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message.');
  end if;
  if asked.content is distinct from request ->> 'text'
    -- Sent without a thread, it began one.
    or (request_thread_id is null and asked.parent_id is not null)
    or asked.thread_id is distinct from coalesce(request_thread_id, asked.thread_id)
    or asked.parent_id is distinct from coalesce((request ->> 'parentId')::uuid, asked.parent_id)
  then
    perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another message of yours.');
  end if;
  return asked;
end
$$;
comment on function loacl_private.find_asked_message(jsonb, uuid[]) is
  'The visitor''s message that a request is about, where it is stored already, else null. Errors: message_not_found, id_conflict.';
revoke all on function loacl_private.find_asked_message(jsonb, uuid[]) from public;

create function loacl_private.lock_turn(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from loacl.assistants a
  where a.id = (
    select t.assistant_id
    from loacl_private.turns r
    join loacl.threads t on t.id = r.thread_id
    where r.id = lock_turn.turn_id
  )
  for key share;
  perform from loacl.threads t
  where t.id = (select r.thread_id from loacl_private.turns r where r.id = lock_turn.turn_id)
  for no key update;
end
$$;
comment on function loacl_private.lock_turn(uuid) is
  'Locks a turn''s assistant and then its thread to the end of the transaction, in the order of begin_turn and of deletions, so that none of them wait for each other. A turn that is still there afterwards can''t be deleted meanwhile.';
revoke all on function loacl_private.lock_turn(uuid) from public;

create function loacl_private.lock_leased_turn(turn_id uuid, lease uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(lock_leased_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = lock_leased_turn.turn_id and t.lease = lock_leased_turn.lease
  for update;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  return turn;
end
$$;
comment on function loacl_private.lock_leased_turn(uuid, uuid) is
  'The turn that was last given this lease, locked to the end of the transaction. It may wait or have ended since. Errors: turn_lease_lost.';
revoke all on function loacl_private.lock_leased_turn(uuid, uuid) from public;

create function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  used loacl.usage_logs;
begin
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  used := loacl_private.log_usage(turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage');
  if loacl_private.is_free_of_charge(outcome, (select m.content from loacl.messages m where m.id = turn.message_id)) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
  else
    perform loacl_private.settle_usage(turn, used);
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps the provider''s items, logs what the call used and settles it. To be called before the message changes: what the step said is told by what it held so far.';
revoke all on function loacl_private.end_step(loacl_private.turns, jsonb) from public;

create function loacl_private.end_turn(turn_id uuid, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  end_state text := outcome ->> 'state';
  failure text := case when end_state = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end;
  limit_reached text := case when end_state = 'cut' then coalesce(outcome ->> 'cutReason', 'time_limit') end;
begin
  update loacl_private.turns t
  set state = end_state, error_code = failure, cut_reason = limit_reached, wait_expires_at = null, ended_at = clock_timestamp()
  where t.id = end_turn.turn_id and t.state in ('running', 'waiting')
  returning t.* into turn;
  if not found then
    return false;
  end if;
  perform loacl_private.end_step(turn, outcome);
  update loacl.messages m
  set status = end_state,
    content = coalesce(outcome ->> 'content', m.content),
    parts = coalesce(loacl_private.without_reasoning(nullif(outcome -> 'parts', 'null')), m.parts),
    model = coalesce(outcome ->> 'model', m.model),
    error_code = failure,
    cut_reason = limit_reached
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, nullif(outcome -> 'parts', 'null'));
  return true;
end
$$;
comment on function loacl_private.end_turn(uuid, jsonb) is
  'Ends a turn that runs or waits, with its running step, and stores its answer; says whether it did. Without `content` and `parts` the answer stays as it was last stored.';
revoke all on function loacl_private.end_turn(uuid, jsonb) from public;

create function loacl_private.enter_visitor(
  request jsonb, out assistant loacl.assistants, out session loacl.sessions, out own_session_ids uuid[]
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
begin
  -- The assistant is locked first, as in its deletion: in another order the two could wait for each other.
  perform from loacl.assistants a where a.id = (request ->> 'assistantId')::uuid for key share;
  assistant := loacl_private.enter_assistant((request ->> 'assistantId')::uuid, request ->> 'origin');
  -- Requests with the same token wait for each other here: only the first makes the session, and of a message that was
  -- sent twice the second request finds the first.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(token_hash, 'hex')));
  session := loacl_private.enter_session(token_hash, assistant.id, (request ->> 'userId')::uuid);
  own_session_ids := loacl_private.find_person_session_ids(session);
end
$$;
comment on function loacl_private.enter_visitor(jsonb) is
  'Who begins a turn: the assistant that is asked, the session of the request''s token, null where it is a fresh guest''s, and all sessions of the same person. Errors: those of open_session.';
revoke all on function loacl_private.enter_visitor(jsonb) from public;

create function loacl_private.lock_thread(thread_id uuid, assistant_id uuid, own_session_ids uuid[])
returns loacl.threads
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  -- One turn at a time may begin or end in a thread.
  select t.* into thread
  from loacl.threads t
  where t.id = lock_thread.thread_id
    and t.assistant_id = lock_thread.assistant_id
    and t.session_id = any (own_session_ids)
    and t.status <> 'deleted'
  for no key update;
  if not found then
    perform loacl_private.raise_error(404, 'thread_not_found', 'There is no such conversation.');
  end if;
  return thread;
end
$$;
comment on function loacl_private.lock_thread(uuid, uuid, uuid[]) is
  'A thread of one of these sessions, held to the end of the transaction. Errors: thread_not_found.';
revoke all on function loacl_private.lock_thread(uuid, uuid, uuid[]) from public;

create function loacl_private.find_joined_turn(request jsonb, question_id uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.user_message_id = question_id
  order by t.created_at desc
  limit 1;
  if loacl_private.end_overdue_turn(turn.id) then
    select t.* into turn from loacl_private.turns t where t.id = turn.id;
  end if;
  -- A message that was sent twice has its turn, however that ended. Another try joins one that is under way or has answered.
  if request ->> 'type' = 'retry' and turn.state in ('stopped', 'cut', 'failed') then
    return null;
  end if;
  return turn;
end
$$;
comment on function loacl_private.find_joined_turn(jsonb, uuid) is
  'The turn that a request for an answer to this message joins; null where another is to begin.';
revoke all on function loacl_private.find_joined_turn(jsonb, uuid) from public;

create function loacl_private.read_question(
  request jsonb, assistant loacl.assistants, own_session_ids uuid[],
  out thread loacl.threads, out question loacl.messages, out joined loacl_private.turns
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if request ->> 'type' is distinct from 'retry' then
    perform loacl_private.check_text(request, assistant.max_message_length);
  end if;
  if request ->> 'threadId' is not null then
    thread := loacl_private.lock_thread((request ->> 'threadId')::uuid, assistant.id, own_session_ids);
  end if;
  question := loacl_private.find_asked_message(request, own_session_ids);
  if question.id is not null then
    joined := loacl_private.find_joined_turn(request, question.id);
  else
    question.client_id := (request ->> 'id')::uuid;
    question.content := request ->> 'text';
  end if;
end
$$;
comment on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) is
  'What is asked: the thread, null where one is to be made, locked otherwise; the visitor''s message, without an `id` where it is not stored yet; and the turn that the request joins, null where one is to begin. Errors: invalid_body, text_required, text_too_long, thread_not_found, message_not_found, id_conflict.';
revoke all on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) from public;

create function loacl_private.end_previous_turn(thread_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.thread_id = end_previous_turn.thread_id and t.state in ('running', 'waiting')
  for update;
  if not found or loacl_private.end_overdue_turn(turn.id) then
    return;
  end if;
  if turn.state = 'running' then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  -- Nobody waits for it any more.
  perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
end
$$;
comment on function loacl_private.end_previous_turn(uuid) is
  'Ends the turn of a thread that waits, or whose worker has gone, so that another can begin. The caller holds the thread. Errors: turn_in_progress.';
revoke all on function loacl_private.end_previous_turn(uuid) from public;

create function loacl_private.place_question(
  request jsonb, assistant loacl.assistants, thread loacl.threads, question loacl.messages
)
returns uuid
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  latest loacl.messages;
  wanted_id uuid := (request ->> 'parentId')::uuid;
begin
  if thread.id is not null then
    perform loacl_private.end_previous_turn(thread.id);
    select m.* into latest from loacl.messages m where m.thread_id = thread.id order by m.seq desc limit 1;
  end if;
  if question.id is not null then
    if latest.parent_id is distinct from question.id then
      perform loacl_private.raise_error(409, 'id_conflict', 'Only the latest message can be tried again.');
    end if;
    return question.parent_id;
  end if;
  if wanted_id is not null and wanted_id is distinct from latest.id then
    if not exists (
      select from loacl.messages m where m.id = wanted_id and m.thread_id = thread.id and m.role <> 'system'
    ) then
      perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
    end if;
    perform loacl_private.raise_error(409, 'id_conflict', 'A message can follow only the latest one.');
  end if;
  perform loacl_private.check_thread_length(assistant, thread.id);
  return latest.id;
end
$$;
comment on function loacl_private.place_question(jsonb, loacl.assistants, loacl.threads, loacl.messages) is
  'Where a question stands in its thread: the id of the message that it follows, null for a thread''s first. A turn that waits there is cancelled. Errors: turn_in_progress, message_not_found, id_conflict, thread_full.';
revoke all on function loacl_private.place_question(jsonb, loacl.assistants, loacl.threads, loacl.messages) from public;

create function loacl_private.lease_duration()
returns interval
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return interval '15 seconds';
comment on function loacl_private.lease_duration() is
  'How long a turn lives without a word from its worker, which appends or beats several times in it.';
revoke all on function loacl_private.lease_duration() from public;

create function loacl_private.to_deadline(deadline_ms integer)
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return clock_timestamp() + least(greatest(coalesce(deadline_ms, 65000), 1000), 600000) * interval '1 millisecond';
comment on function loacl_private.to_deadline(integer) is 'When a worker''s time is over that asked for so many milliseconds: from one second to ten minutes.';
revoke all on function loacl_private.to_deadline(integer) from public;

create function loacl_private.create_session(assistant_id uuid, token_hash bytea)
returns loacl.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  insert into loacl.sessions (assistant_id) values (create_session.assistant_id) returning * into session;
  insert into loacl_private.session_tokens (token_hash, session_id) values (create_session.token_hash, session.id);
  return session;
end
$$;
comment on function loacl_private.create_session(uuid, bytea) is 'A guest''s session for a token that none has yet.';
revoke all on function loacl_private.create_session(uuid, bytea) from public;

create function loacl_private.find_provider(
  owner_id uuid, out config loacl.provider_configs, out secret loacl_private.secrets
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  select p.* into config
  from loacl.provider_configs p
  where p.owner_id = find_provider.owner_id and p.is_active
  order by p.is_default desc, p.created_at, p.id
  limit 1;
  select s.* into secret
  from loacl_private.secrets s
  where s.id = config.secret_id and s.owner_id = find_provider.owner_id and s.purpose = 'provider_key';
  if not found then
    perform loacl_private.raise_error(503, 'provider_key_missing', 'The owner of this assistant has not set a provider key.');
  end if;
end
$$;
comment on function loacl_private.find_provider(uuid) is
  'Where an owner''s model calls go, and with which key. Errors: provider_key_missing.';
revoke all on function loacl_private.find_provider(uuid) from public;

create function loacl_private.to_open_turn(
  turn loacl_private.turns, assistant loacl.assistants, config loacl.provider_configs, secret loacl_private.secrets,
  history jsonb, is_first_turn boolean
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'isFirstTurn', is_first_turn,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups,
      'showReasoning', assistant.show_reasoning
    ),
    'provider', jsonb_build_object(
      'secretId', secret.id,
      'keyId', secret.key_id,
      'ciphertext', secret.ciphertext,
      'purpose', secret.purpose,
      'ownerId', secret.owner_id,
      'provider', config.provider,
      'baseUrl', config.base_url
    ),
    'history', history,
    'lastSeq', turn.last_seq,
    'parts', (
      select coalesce(loacl_private.read_reasoned_parts(m), m.parts) from loacl.messages m where m.id = turn.message_id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(jsonb_build_object('input', s.input, 'providerItems', s.provider_items) order by s.step), '[]'
      )
      from loacl_private.turn_steps s
      where s.turn_id = turn.id and s.state <> 'running'
    )
  );
end
$$;
comment on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, loacl.provider_configs, loacl_private.secrets, jsonb, boolean) is
  'A turn as its worker gets it, with all that its model calls need. `lastSeq`, `parts` and `steps`: what there is of it already, once it has waited.';
revoke all on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, loacl.provider_configs, loacl_private.secrets, jsonb, boolean) from public;

create function loacl_private.open_turn(
  request jsonb, assistant loacl.assistants, session loacl.sessions, thread loacl.threads, question loacl.messages, parent_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  provider record := loacl_private.find_provider(assistant.owner_id);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  history jsonb;
begin
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant, jsonb_build_array(jsonb_build_object('content', question.content)), thread.title is null, 0, null, null
  );

  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    update loacl.sessions s
    set last_active_at = now(),
      expires_at = case s.session_type when 'guest' then now() + interval '30 days' else s.expires_at end
    where s.id = session.id;
  end if;
  if assistant.fingerprint and request ->> 'fingerprint' is not null then
    fingerprint := loacl_private.remember_fingerprint(session, request ->> 'fingerprint');
  end if;
  perform loacl_private.check_rates(assistant, session.id, is_new_session, request ->> 'address', fingerprint);
  if thread.id is null then
    insert into loacl.threads (session_id, assistant_id) values (session.id, assistant.id) returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active' where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
  returning * into answer;
  insert into loacl_private.turns (thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model, created_at)
  values (
    thread.id, question.id, answer.id,
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    (provider.config).provider, assistant.model, clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(question.id, assistant.context_token_budget);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';
revoke all on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) from public;

create function loacl_private.begin_turn(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  asked record := loacl_private.read_question(request, visitor.assistant, visitor.own_session_ids);
  joined loacl_private.turns := asked.joined;
begin
  if joined.id is not null then
    return jsonb_build_object(
      'turn', jsonb_build_object('id', joined.id, 'lease', null, 'deadlineAt', joined.deadline_at),
      'joined', true,
      'threadId', joined.thread_id,
      'userMessageId', joined.user_message_id,
      'messageId', joined.message_id,
      'isFirstTurn', false,
      'assistant', null,
      'provider', null,
      'history', null
    );
  end if;
  return loacl_private.open_turn(
    request, visitor.assistant, visitor.session, asked.thread, asked.question,
    loacl_private.place_question(request, visitor.assistant, asked.thread, asked.question)
  );
end
$$;
comment on function loacl_private.begin_turn(jsonb) is 'Does the work of loacl.begin_turn.';
revoke all on function loacl_private.begin_turn(jsonb) from public;
grant execute on function loacl_private.begin_turn(jsonb) to service_role;

create function loacl.begin_turn(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_turn(loacl_private.with_live_user(begin_turn.request));
comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `fingerprint`: their browser''s, where they sent one. `parentId`: the message that it follows; the latest, if it is given. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';
revoke all on function loacl.begin_turn(jsonb) from public;
grant execute on function loacl.begin_turn(jsonb) to service_role;

create function loacl_private.keep_answer(turn loacl_private.turns, outcome jsonb, new_status text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.messages m
  set status = new_status,
    content = coalesce(outcome ->> 'content', m.content),
    parts = coalesce(loacl_private.without_reasoning(nullif(outcome -> 'parts', 'null')), m.parts)
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, nullif(outcome -> 'parts', 'null'));
end
$$;
comment on function loacl_private.keep_answer(loacl_private.turns, jsonb, text) is 'Stores an answer as far as it has come, between two steps.';
revoke all on function loacl_private.keep_answer(loacl_private.turns, jsonb, text) from public;

create function loacl_private.reserve_step(turn loacl_private.turns, step integer, input jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  added_bytes bigint := octet_length(input::text) + (
    select coalesce(sum(octet_length(s.input::text) + octet_length(s.provider_items::text)), 0)
    from loacl_private.turn_steps s
    where s.turn_id = turn.id
  );
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  assistant.model := turn.model;
  perform loacl_private.reserve_budget(
    assistant, loacl_private.read_history(turn.user_message_id, assistant.context_token_budget), thread.title is null,
    added_bytes, turn.id, step
  );
  return true;
exception
  -- budget_exceeded, price_unknown
  when sqlstate 'PT429' or sqlstate 'PT409' then
    return false;
end
$$;
comment on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) is
  'Reserves what a turn''s next step may cost, and says whether the budget allows it. Holds the assistant''s budget: to be called last.';
revoke all on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) from public;

create function loacl_private.begin_step(turn_id uuid, lease uuid, step integer, input jsonb, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(begin_step.turn_id, begin_step.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  result jsonb;
begin
  -- Asked again because an answer was lost, or the turn has ended since.
  if turn.state <> 'running' or last_step = begin_step.step then
    return jsonb_build_object('state', turn.state);
  end if;
  if last_step is distinct from begin_step.step - 1 then
    perform loacl_private.raise_error(500, 'internal', format('Step %s came, step %s was due.', begin_step.step, last_step + 1));
  end if;

  if outcome is not null then
    perform loacl_private.end_step(turn, outcome || '{"state": "completed"}');
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.keep_answer(turn, outcome, 'streaming');
  end if;
  if turn.stop_requested_at is not null then
    result := '{"state": "stopped"}';
  elsif not loacl_private.reserve_step(turn, begin_step.step, begin_step.input) then
    result := '{"state": "cut", "cutReason": "budget"}';
  else
    insert into loacl_private.turn_steps (turn_id, step, model, input)
    values (turn.id, begin_step.step, turn.model, begin_step.input);
    return jsonb_build_object('state', 'running');
  end if;
  perform loacl_private.end_turn(turn.id, result);
  return jsonb_build_object('state', result -> 'state');
end
$$;
comment on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) is 'Does the work of loacl.begin_step.';
revoke all on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) from public;
grant execute on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) to service_role;

create function loacl.begin_step(turn_id uuid, lease uuid, step integer, input jsonb, outcome jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_step(begin_step.turn_id, begin_step.lease, begin_step.step, begin_step.input, begin_step.outcome);
comment on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) is
  'For the functions: begins step `step` of a turn, and ends the one before with its `outcome`, which holds the answer so far; null where that one has ended, before the turn waited. `input`: what is added to the model''s input. Gives `{"state"}`: running; stopped, where the visitor wants that; cut, where the budget refuses the step. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) from public;
grant execute on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) to service_role;

create function loacl_private.append_turn_parts(turn_id uuid, lease uuid, seq integer, parts jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  known integer;
  tail jsonb;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.id = append_turn_parts.turn_id and t.lease = append_turn_parts.lease and t.state = 'running'
  for update;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  if seq > turn.last_seq + 1 and parts <> '[]' then
    perform loacl_private.raise_error(500, 'internal', format('Part %s came, part %s was due.', seq, turn.last_seq + 1));
  end if;

  -- Sent again because an answer was lost, it begins with parts that are there.
  known := turn.last_seq + 1 - seq;
  select coalesce(jsonb_agg(p.part order by p.place), '[]') into tail
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.place > known;
  if tail <> '[]' then
    insert into loacl_private.turn_chunks (turn_id, seq, parts) values (turn.id, turn.last_seq + 1, tail);
  end if;
  update loacl_private.turns t
  set lease_expires_at = clock_timestamp() + loacl_private.lease_duration(), last_seq = t.last_seq + jsonb_array_length(tail)
  where t.id = turn.id;
  return jsonb_build_object('stopRequested', turn.stop_requested_at is not null);
end
$$;
comment on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) is 'Does the work of loacl.append_turn_parts.';
revoke all on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) to service_role;

create function loacl.append_turn_parts(turn_id uuid, lease uuid, seq integer, parts jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.append_turn_parts(
  append_turn_parts.turn_id, append_turn_parts.lease, append_turn_parts.seq, append_turn_parts.parts
);
comment on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) is
  'For the functions: stores what a turn streamed, `seq` being the number of the first part, and renews the lease. Parts that are there already stay as they are. No parts: a heartbeat. Says whether the visitor wants it stopped. Errors: turn_lease_lost.';
revoke all on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) to service_role;

create function loacl_private.enter_turn(turn_id uuid, claims jsonb)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.require_session_token_hash();
  select t.* into turn
  from loacl_private.turns t
  join loacl.threads thread on thread.id = t.thread_id
  where t.id = enter_turn.turn_id
    and thread.session_id = any ((select loacl_private.find_own_session_ids(enter_turn.claims))::uuid[])
    and thread.status <> 'deleted';
  if not found then
    perform loacl_private.raise_not_found('turn_not_found', 'There is no such turn.');
  end if;
  if loacl_private.end_overdue_turn(turn.id) then
    select t.* into turn from loacl_private.turns t where t.id = enter_turn.turn_id;
  end if;
  return turn;
end
$$;
comment on function loacl_private.enter_turn(uuid, jsonb) is
  'A turn in a thread of the visitor whose token the request carries, ended if its worker has gone or it has waited too long. `claims`: of the verified access token that came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl_private.enter_turn(uuid, jsonb) from public;

create function loacl_private.read_turn_parts(turn_id uuid, after_seq integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.enter_turn(read_turn_parts.turn_id, read_turn_parts.claims);
  shows_reasoning boolean := loacl_private.shows_reasoning(turn.thread_id);
begin
  return jsonb_build_object(
    'state', turn.state,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'lastSeq', turn.last_seq,
    'parts', (
      select coalesce(jsonb_agg(jsonb_build_object('seq', c.seq + p.place - 1, 'part', p.part) order by c.seq, p.place), '[]')
      from loacl_private.turn_chunks c
      cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
      where c.turn_id = turn.id
        -- From the chunk that holds the next part on.
        and c.seq >= coalesce(
          (select max(f.seq) from loacl_private.turn_chunks f where f.turn_id = turn.id and f.seq <= after_seq + 1), 1
        )
        and c.seq + p.place - 1 > after_seq
        and (shows_reasoning or p.part ->> 'type' not like 'reasoning-%')
    ),
    'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end,
    'message', case when turn.ended_at is not null then (
      select loacl_private.to_message(m, false) from loacl.messages m where m.id = turn.message_id
    ) end,
    'errorCode', turn.error_code,
    'cutReason', turn.cut_reason
  );
end
$$;
comment on function loacl_private.read_turn_parts(uuid, integer, jsonb) is 'Does the work of loacl.read_turn_parts.';
revoke all on function loacl_private.read_turn_parts(uuid, integer, jsonb) from public;
grant execute on function loacl_private.read_turn_parts(uuid, integer, jsonb) to service_role;

create function loacl.read_turn_parts(turn_id uuid, after_seq integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_turn_parts(read_turn_parts.turn_id, read_turn_parts.after_seq, read_turn_parts.claims);
comment on function loacl.read_turn_parts(uuid, integer, jsonb) is
  'For the functions: what a turn has streamed after part `after_seq`, without reasoning where the assistant does not show it now, what it waits for if it does, and, once it has ended, the message. Minutes after the end only the message is left. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.read_turn_parts(uuid, integer, jsonb) from public;
grant execute on function loacl.read_turn_parts(uuid, integer, jsonb) to service_role;

create function loacl_private.longest_wait()
returns interval
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return interval '24 hours';
comment on function loacl_private.longest_wait() is 'How long a turn may wait at most.';
revoke all on function loacl_private.longest_wait() from public;

create function loacl_private.to_waiting(turn loacl_private.turns)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'messageId', turn.message_id,
    'step', (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id),
    'expiresAt', turn.wait_expires_at
  );
end
$$;
comment on function loacl_private.to_waiting(loacl_private.turns) is 'What is said of a turn that waits: after which step, and until when.';
revoke all on function loacl_private.to_waiting(loacl_private.turns) from public;

create function loacl_private.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(wait_turn.turn_id, wait_turn.lease);
begin
  if turn.state = 'running' then
    perform loacl_private.end_step(turn, outcome || '{"state": "completed"}');
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.keep_answer(turn, outcome, 'waiting');
    update loacl_private.turns t
    set state = 'waiting',
      lease_expires_at = null,
      wait_expires_at = clock_timestamp()
        + least(greatest(wait_ms, 1000) * interval '1 millisecond', loacl_private.longest_wait()),
      -- Two parts say that it waits: `data-waiting` and `finish`.
      last_seq = t.last_seq + 2
    where t.id = turn.id
    returning t.* into turn;
    if turn.stop_requested_at is not null then
      perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
      turn.state := 'stopped';
    end if;
  end if;
  return jsonb_build_object('state', turn.state, 'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end);
end
$$;
comment on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) is 'Does the work of loacl.wait_turn.';
revoke all on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) from public;
grant execute on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) to service_role;

create function loacl.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.wait_turn(wait_turn.turn_id, wait_turn.lease, wait_turn.wait_ms, wait_turn.outcome);
comment on function loacl.wait_turn(uuid, uuid, bigint, jsonb) is
  'For the functions: ends a turn''s step with its `outcome`, which holds the answer so far, and lets the turn wait, for `wait_ms` milliseconds and 24 hours at most. It has no worker then and reserves nothing. Gives `{"state", "waiting": {"messageId", "step", "expiresAt"}}`; where the visitor wants it stopped it ends, and `waiting` is null. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.wait_turn(uuid, uuid, bigint, jsonb) from public;
grant execute on function loacl.wait_turn(uuid, uuid, bigint, jsonb) to service_role;

create function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  thread loacl.threads;
  assistant loacl.assistants;
  provider record;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and (
      turn.state <> 'waiting'
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  assistant := loacl_private.enter_assistant(thread.assistant_id, null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  provider := loacl_private.find_provider(assistant.owner_id);
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- The steps before were this model's.
  assistant.model := turn.model;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  return loacl_private.to_open_turn(
    turn, assistant, provider.config, provider.secret,
    loacl_private.read_history(turn.user_message_id, assistant.context_token_budget), thread.title is null
  );
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create function loacl.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.resume_turn(
  resume_turn.turn_id, resume_turn.step, resume_turn.lease, resume_turn.deadline_ms, resume_turn.claims
);
comment on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) is
  'For the functions: takes up a turn of the visitor''s that waits after step `step`, under a new lease, which the caller makes, and with a new deadline. Gives what begin_turn gives; begin_step goes on from there. Of several that try one gets it; the others, and whoever comes after it has ended or waits for something else, get `joined`. Safe to repeat with the same lease. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found, assistant_inactive, assistant_paused, provider_key_missing.';
revoke all on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create function loacl_private.stop_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(stop_turn.turn_id);
  perform loacl_private.enter_turn(stop_turn.turn_id, stop_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = stop_turn.turn_id for update;
  if turn.state = 'running' then
    update loacl_private.turns t
    set stop_requested_at = coalesce(t.stop_requested_at, clock_timestamp())
    where t.id = turn.id;
  elsif turn.state = 'waiting' then
    -- It has no worker to ask.
    perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
    turn.state := 'stopped';
  end if;
  return jsonb_build_object('state', turn.state);
end
$$;
comment on function loacl_private.stop_turn(uuid, jsonb) is 'Does the work of loacl.stop_turn.';
revoke all on function loacl_private.stop_turn(uuid, jsonb) from public;
grant execute on function loacl_private.stop_turn(uuid, jsonb) to service_role;

create function loacl.stop_turn(turn_id uuid, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.stop_turn(stop_turn.turn_id, stop_turn.claims);
comment on function loacl.stop_turn(uuid, jsonb) is
  'For the functions: asks the worker of a turn to stop, or ends a turn that waits, and gives the state that the turn is in. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.stop_turn(uuid, jsonb) from public;
grant execute on function loacl.stop_turn(uuid, jsonb) to service_role;

create function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(finish_turn.turn_id, finish_turn.lease);
begin
  if turn.state <> 'running' or outcome ->> 'state' in ('running', 'waiting') then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  perform loacl_private.end_turn(turn.id, outcome);
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  -- Only what was answered to the end has follow-ups.
  if outcome ->> 'state' <> 'completed' then
    perform loacl_private.release_follow_ups(turn.id);
  end if;
end
$$;
comment on function loacl_private.finish_turn(uuid, uuid, jsonb) is 'Does the work of loacl.finish_turn.';
revoke all on function loacl_private.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl_private.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.finish_turn(finish_turn.turn_id, finish_turn.lease, finish_turn.outcome);
end;
comment on function loacl.finish_turn(uuid, uuid, jsonb) is
  'For the functions: ends a turn with its last step, once, and stores the answer, the provider''s items, and the usage with its cost. Errors: turn_lease_lost.';
revoke all on function loacl.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(save_follow_ups.turn_id, save_follow_ups.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
begin
  if turn.ended_at is null then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, or has not ended.');
  end if;

  update loacl.threads t
  set title = left(btrim(save_follow_ups.title), 200)
  where t.id = turn.thread_id and t.title is null and btrim(save_follow_ups.title) <> '';
  insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
  select m.id, m.thread_id, m.session_id, m.assistant_id, row_number() over (order by s.place), left(btrim(s.suggestion), 500)
  from loacl.messages m
  cross join unnest(save_follow_ups.suggestions) with ordinality as s (suggestion, place)
  where m.id = turn.message_id and btrim(s.suggestion) <> '' and s.place <= 10
  on conflict on constraint follow_up_suggestions_message_id_position_key do nothing;
  perform loacl_private.settle_usage(turn, loacl_private.log_usage(turn, last_step, 'follow_ups', usage ->> 'model', usage));

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;
comment on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb) is 'Does the work of loacl.save_follow_ups.';
revoke all on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb) from public;
grant execute on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb) to service_role;

create function loacl.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.save_follow_ups(
  save_follow_ups.turn_id, save_follow_ups.lease, save_follow_ups.title, save_follow_ups.suggestions, save_follow_ups.usage
);
comment on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb) is
  'For the functions, after finish_turn: stores suggestions, the title if the thread has none yet, and the usage of the call (`model` in it, if it was another). Gives `{"suggestions": Suggestion[], "title"}`, the title being the one that the thread now has. Errors: turn_lease_lost.';
revoke all on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb) from public;
grant execute on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb) to service_role;

create function loacl_private.purge_turn_chunks(max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  with old as (
    select t.id
    from loacl_private.turns t
    where t.ended_at < now() - interval '10 minutes' and t.purged_at is null
    order by t.ended_at
    limit max_turns
    for update skip locked
  ),
  purged as (
    update loacl_private.turns t set purged_at = now() from old where t.id = old.id returning t.id
  )
  delete from loacl_private.turn_chunks c using purged where c.turn_id = purged.id;
end
$$;
comment on function loacl_private.purge_turn_chunks(integer) is
  'Deletes what turns streamed that ended more than ten minutes ago, the oldest first.';
revoke all on function loacl_private.purge_turn_chunks(integer) from public;

create function loacl_private.is_overdue(turn loacl_private.turns)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (turn.state = 'running' and turn.lease_expires_at <= clock_timestamp())
    or (turn.state = 'waiting' and turn.wait_expires_at <= clock_timestamp());
end
$$;
comment on function loacl_private.is_overdue(loacl_private.turns) is 'Whether the worker of a turn has gone, or the turn has waited too long.';
revoke all on function loacl_private.is_overdue(loacl_private.turns) from public;

create function loacl_private.end_overdue_turn(turn_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  answer_text text;
begin
  if not exists (
    select
    from loacl_private.turns t
    where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  ) then
    return false;
  end if;
  -- The thread before the turn, as whoever ends it: the log of the thread waits for it.
  perform loacl_private.lock_turn(end_overdue_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  for update;
  if not found then
    return false;
  end if;
  if turn.state = 'waiting' then
    return loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "time_limit"}');
  end if;

  -- Somebody has read what was streamed, so it is kept, up to the longest message that is allowed. If this failed, every
  -- later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    'state', 'failed',
    'errorCode', 'turn_abandoned',
    'content', answer_text,
    'parts', case when answer_text = '' then '[]' else jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, which its lease tells, or that has waited too long, and says whether it did.';
revoke all on function loacl_private.end_overdue_turn(uuid) from public;

create function loacl_private.clean_up()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.end_overdue_turn(t.id)
  from loacl_private.turns t
  where (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
  order by t.thread_id;
  perform loacl_private.purge_turn_chunks(100000);
  -- On a hosted project the Data API ends this after eight seconds, and rolls all of it back.
  perform loacl_private.purge_expired_data(interval '4 seconds');
  perform loacl_private.purge_rate_counters(100000);
  perform loacl_private.purge_reservations();
end
$$;
comment on function loacl_private.clean_up() is
  'For a scheduler, where there is one. Nothing depends on its having run: whoever looks does the same for what they look at.';
revoke all on function loacl_private.clean_up() from public;

create table loacl_private.deletion_queue (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  reference text not null,
  provider_config_id uuid,
  attempts integer not null default 0,
  last_error text,
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint deletion_queue_kind check (kind in ('storage_object', 'provider_file', 'provider_vector_store')),
  constraint deletion_queue_kind_provider_config_id_reference_key
    unique nulls not distinct (kind, provider_config_id, reference)
);

create index deletion_queue_due_at_idx on loacl_private.deletion_queue (due_at);
comment on index loacl_private.deletion_queue_due_at_idx is 'Serves: what is to be deleted next.';

alter table loacl_private.deletion_queue enable row level security;
revoke all on table loacl_private.deletion_queue from public, anon, authenticated, service_role;
comment on table loacl_private.deletion_queue is
  'What has lost its row here and is still kept elsewhere. SQL can''t delete it there: a function does, and takes the row away once that is confirmed.';
comment on column loacl_private.deletion_queue.reference is 'A path in the bucket `loacl`, or the provider''s id.';
comment on column loacl_private.deletion_queue.provider_config_id is
  'Where it is; null for Storage, and where the owner had removed the config. No foreign key: the queue outlives what it cleans up after.';
comment on column loacl_private.deletion_queue.due_at is
  'When it is tried next. Whoever takes it moves this on, so that a worker that dies gives it back.';

create function loacl_private.queue_deletion(kind text, reference text, provider_config_id uuid default null)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  insert into loacl_private.deletion_queue (kind, reference, provider_config_id)
  select queue_deletion.kind, queue_deletion.reference, queue_deletion.provider_config_id
  where queue_deletion.reference is not null
  on conflict on constraint deletion_queue_kind_provider_config_id_reference_key do nothing;
end;
comment on function loacl_private.queue_deletion(text, text, uuid) is
  'Notes what is to be deleted elsewhere; nothing where `reference` is null.';
revoke all on function loacl_private.queue_deletion(text, text, uuid) from public;

create function loacl_private.queue_deleted_file()
returns trigger
language plpgsql
security definer -- operators delete documents, and a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('storage_object', old.storage_path);
  perform loacl_private.queue_deletion('provider_file', old.provider_file_id, old.provider_config_id);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_file() is
  'Trigger: the bytes of a deleted row go from Storage and from the provider as well.';
revoke all on function loacl_private.queue_deleted_file() from public;

create function loacl_private.queue_deleted_vector_store()
returns trigger
language plpgsql
security definer -- operators delete stores, and a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('provider_vector_store', old.provider_vector_store_id, old.provider_config_id);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_vector_store() is 'Trigger: a deleted store goes from the provider as well.';
revoke all on function loacl_private.queue_deleted_vector_store() from public;

create trigger file_objects_queue_deletion after delete on loacl.file_objects
  for each row execute function loacl_private.queue_deleted_file();
create trigger documents_queue_deletion after delete on loacl.documents
  for each row execute function loacl_private.queue_deleted_file();
create trigger vector_stores_queue_deletion after delete on loacl.vector_stores
  for each row execute function loacl_private.queue_deleted_vector_store();

create function loacl_private.take_deletions(batch_size integer)
returns jsonb
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with due as (
    select q.id
    from loacl_private.deletion_queue q
    where q.due_at <= now()
    order by q.due_at
    limit least(greatest(take_deletions.batch_size, 1), 100)
    for update skip locked
  ),
  taken as (
    update loacl_private.deletion_queue q
    set attempts = q.attempts + 1, due_at = now() + interval '5 minutes'
    from due
    where q.id = due.id
    returning q.*
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', t.id,
        'kind', t.kind,
        'reference', t.reference,
        'provider', case when s.id is not null then
          jsonb_build_object(
            'secretId', s.id,
            'keyId', s.key_id,
            'ciphertext', s.ciphertext,
            'purpose', s.purpose,
            'ownerId', s.owner_id,
            'provider', p.provider,
            'baseUrl', p.base_url
          )
        end
      )
      order by t.created_at, t.id
    ),
    '[]'
  )
  from taken t
  left join loacl.provider_configs p on p.id = t.provider_config_id
  left join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key';
end;
comment on function loacl_private.take_deletions(integer) is 'Does the work of loacl.take_deletions.';
revoke all on function loacl_private.take_deletions(integer) from public;
grant execute on function loacl_private.take_deletions(integer) to service_role;

create function loacl.take_deletions(batch_size integer default 20)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.take_deletions(take_deletions.batch_size);
end;
comment on function loacl.take_deletions(integer) is
  'For the functions: what is to be deleted in Storage and at providers next, `[{id, kind, reference, provider}]`, with the sealed key where one is needed and still there. It is the caller''s for five minutes: then confirm_deletion or fail_deletion, or somebody else gets it. At most 100.';
revoke all on function loacl.take_deletions(integer) from public;
grant execute on function loacl.take_deletions(integer) to service_role;

create function loacl_private.confirm_deletion(deletion_id uuid)
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  delete from loacl_private.deletion_queue q where q.id = confirm_deletion.deletion_id;
end;
comment on function loacl_private.confirm_deletion(uuid) is 'Does the work of loacl.confirm_deletion.';
revoke all on function loacl_private.confirm_deletion(uuid) from public;
grant execute on function loacl_private.confirm_deletion(uuid) to service_role;

create function loacl.confirm_deletion(deletion_id uuid)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.confirm_deletion(confirm_deletion.deletion_id);
end;
comment on function loacl.confirm_deletion(uuid) is 'For the functions: it is gone there, or was not there.';
revoke all on function loacl.confirm_deletion(uuid) from public;
grant execute on function loacl.confirm_deletion(uuid) to service_role;

create function loacl_private.fail_deletion(deletion_id uuid, error text)
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  update loacl_private.deletion_queue q
  set last_error = left(fail_deletion.error, 1000),
    due_at = now() + least(interval '1 minute' * power(2, least(q.attempts, 20)), interval '1 day')
  where q.id = fail_deletion.deletion_id;
end;
comment on function loacl_private.fail_deletion(uuid, text) is 'Does the work of loacl.fail_deletion.';
revoke all on function loacl_private.fail_deletion(uuid, text) from public;
grant execute on function loacl_private.fail_deletion(uuid, text) to service_role;

create function loacl.fail_deletion(deletion_id uuid, error text)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.fail_deletion(fail_deletion.deletion_id, fail_deletion.error);
end;
comment on function loacl.fail_deletion(uuid, text) is
  'For the functions: it could not be deleted. It is tried again after two minutes, four, eight, and so on up to a day, until it is confirmed.';
revoke all on function loacl.fail_deletion(uuid, text) from public;
grant execute on function loacl.fail_deletion(uuid, text) to service_role;

create function loacl_private.require_own_session_ids()
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  session_ids uuid[] := loacl_private.own_session_ids();
  ends_at timestamptz;
begin
  if session_ids = '{}' then
    perform loacl_private.refuse_replaced_token(hash);
    select s.expires_at into ends_at
    from loacl_private.session_tokens k
    join loacl.sessions s on s.id = k.session_id
    where k.token_hash = hash;
    if ends_at > now() then
      perform loacl_private.raise_error(401, 'session_locked', 'This session is a signed-in user''s, and opens with their access token alone.');
    elsif found then
      perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
    end if;
  end if;
  return session_ids;
end
$$;
comment on function loacl_private.require_own_session_ids() is
  'All sessions of the calling visitor, on whatever device; none for a token that has made none yet. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl_private.require_own_session_ids() from public;

create function loacl_private.require_visitor_session_ids(session_id uuid)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  select s.* into session
  from loacl.sessions s
  where s.id = require_visitor_session_ids.session_id
    and s.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]);
  if not found then
    perform loacl_private.raise_error(404, 'not_found', 'There is no such visitor.');
  end if;
  return loacl_private.find_person_session_ids(session);
end
$$;
comment on function loacl_private.require_visitor_session_ids(uuid) is
  'All sessions of the person whose session this is, with one of the calling operator''s assistants. Errors: not_found.';
revoke all on function loacl_private.require_visitor_session_ids(uuid) from public;

-- A function for each level. What operators get and visitors don't is under `for_operator`; what neither gets, and why, is in
-- docs/personal-data.md.

create function loacl_private.export_message(message loacl.messages, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  suggestions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', f.id,
        'suggestion', f.suggestion,
        'used', f.used_at is not null,
        'usedAt', f.used_at,
        'metadata', f.metadata
      )
      order by f.position
    )
    from loacl.follow_up_suggestions f
    where f.message_id = message.id
  );
  annotations jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'type', a.type,
        'text', a.text,
        'title', a.title,
        'url', a.url,
        'fileId', a.file_id,
        'quote', a.quote,
        'startIndex', a.start_index,
        'endIndex', a.end_index
      )
      order by a.position
    )
    from loacl.message_annotations a
    where a.message_id = message.id
  );
  exported jsonb := loacl_private.to_message(
    message, true, suggestions, loacl_private.read_reasoned_parts(message)
  ) || jsonb_build_object(
    'parentId', message.parent_id,
    'model', message.model,
    'metadata', message.metadata,
    'annotations', coalesce(annotations, '[]'),
    'feedback', (
      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
      from loacl.message_feedback f
      where f.message_id = message.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'toolCalls', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'callId', e.call_id,
            'toolName', e.tool_name,
            'parameters', e.parameters,
            'result', e.result,
            'status', e.status,
            'errorMessage', e.error_message,
            'costUsd', e.cost_usd,
            'metadata', e.metadata,
            'createdAt', e.created_at
          )
          order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'step', s.step,
            'state', s.state,
            'model', s.model,
            'input', s.input,
            'responseId', s.response_id,
            'providerItems', s.provider_items,
            'errorCode', s.error_code,
            'createdAt', s.created_at,
            'endedAt', s.ended_at
          )
          order by s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      join loacl_private.turns r on r.id = s.turn_id
      where r.message_id = message.id
    ),
    'reasoning', (
      select i.reasoning from loacl_private.message_internals i where i.message_id = message.id
    ),
    'internalMetadata', (
      select i.metadata from loacl_private.message_internals i where i.message_id = message.id
    )
  );
end
$$;
comment on function loacl_private.export_message(loacl.messages, boolean) is 'A message with what hangs on it, as it is exported.';
revoke all on function loacl_private.export_message(loacl.messages, boolean) from public;

create function loacl_private.export_thread(thread loacl.threads, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  messages jsonb := (
    select jsonb_agg(loacl_private.export_message(m, for_operator) order by m.seq)
    from loacl.messages m
    where m.thread_id = thread.id and (m.role <> 'system' or for_operator)
  );
  exported jsonb := loacl_private.to_thread_summary(thread) || jsonb_build_object(
    'sessionId', thread.session_id,
    'deletedAt', thread.deleted_at,
    'metadata', thread.metadata,
    'messages', coalesce(messages, '[]'),
    'events', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'number', e.number, 'kind', e.kind, 'messageId', e.message_id, 'turnId', e.turn_id, 'createdAt', e.created_at
          )
          order by e.number
        ),
        '[]'
      )
      from loacl_private.thread_events e
      where e.thread_id = thread.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'tags', array(
      select g.name
      from loacl.thread_tags l
      join loacl.conversation_tags g on g.id = l.tag_id
      where l.thread_id = thread.id
      order by g.name
    ),
    'overrides', (
      select jsonb_build_object(
        'model', o.model,
        'instructions', o.instructions,
        'contextTokenBudget', o.context_token_budget,
        'autoApproval', o.auto_approval,
        'metadata', o.metadata
      )
      from loacl.thread_overrides o
      where o.thread_id = thread.id
    ),
    'optimizations', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'type', c.optimization_type,
            'reason', c.trigger_reason,
            'summary', c.summary,
            'affectedMessages', c.affected_messages,
            'tokensBefore', c.tokens_before,
            'tokensAfter', c.tokens_after,
            'createdAt', c.created_at
          )
          order by c.created_at, c.id
        ),
        '[]'
      )
      from loacl.context_optimizations c
      where c.thread_id = thread.id
    )
  );
end
$$;
comment on function loacl_private.export_thread(loacl.threads, boolean) is 'A conversation with its messages, as it is exported.';
revoke all on function loacl_private.export_thread(loacl.threads, boolean) from public;

create function loacl_private.export_file(file loacl.files, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  object loacl.file_objects;
  exported jsonb;
begin
  select o.* into object from loacl.file_objects o where o.id = file.object_id;
  exported := jsonb_build_object(
    'id', file.id,
    'threadId', file.thread_id,
    'messageId', file.message_id,
    'originalName', file.original_name,
    'mimeType', file.mime_type,
    'sizeBytes', file.size_bytes,
    'sha256', encode(object.sha256, 'hex'),
    'purpose', file.purpose,
    'metadata', file.metadata,
    'createdAt', file.created_at
  );
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'storagePath', object.storage_path,
    'storedAt', object.stored_at,
    'providerFileId', object.provider_file_id
  );
end
$$;
comment on function loacl_private.export_file(loacl.files, boolean) is 'An upload, as it is exported: without its bytes.';
revoke all on function loacl_private.export_file(loacl.files, boolean) from public;

create function loacl_private.export_sessions(session_ids uuid[], for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  sessions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', s.id,
        'assistantId', s.assistant_id,
        'type', s.session_type,
        'userId', s.user_id,
        'externalId', s.external_id,
        'fingerprintHash', encode(s.fingerprint_hash, 'hex'),
        'metadata', s.metadata,
        'createdAt', s.created_at,
        'lastActiveAt', s.last_active_at,
        'expiresAt', s.expires_at
      )
      order by s.created_at, s.id
    )
    from loacl.sessions s
    where s.id = any (session_ids)
  );
  threads jsonb := (
    select jsonb_agg(loacl_private.export_thread(t, for_operator) order by t.created_at, t.id)
    from loacl.threads t
    where t.session_id = any (session_ids)
  );
  files jsonb := (
    select jsonb_agg(loacl_private.export_file(f, for_operator) order by f.created_at, f.id)
    from loacl.files f
    where f.session_id = any (session_ids)
  );
  exported jsonb := jsonb_build_object(
    'exportedAt', now(),
    'sessions', coalesce(sessions, '[]'),
    'threads', coalesce(threads, '[]'),
    'files', coalesce(files, '[]')
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'usage', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'sessionId', u.session_id,
            'threadId', u.thread_id,
            'purpose', u.purpose,
            'provider', u.provider,
            'model', u.model,
            'inputTokens', u.input_tokens,
            'cachedInputTokens', u.cached_input_tokens,
            'outputTokens', u.output_tokens,
            'reasoningTokens', u.reasoning_tokens,
            'costUsd', u.cost_usd,
            'createdAt', u.created_at
          )
          order by u.created_at, u.id
        ),
        '[]'
      )
      from loacl.usage_logs u
      where u.session_id = any (session_ids)
    )
  );
end
$$;
comment on function loacl_private.export_sessions(uuid[], boolean) is
  'All that is kept of these sessions, for their visitor or for the operator: `{exportedAt, sessions, threads, files}`, and for the operator `usage` and more in each.';
revoke all on function loacl_private.export_sessions(uuid[], boolean) from public;

create function loacl_private.export_visitor_data()
returns jsonb
language sql
stable
security definer -- visitors don't read sessions, and their deleted threads are theirs until they are purged
set search_path = pg_catalog, pg_temp
return loacl_private.export_sessions(loacl_private.require_own_session_ids(), false);
comment on function loacl_private.export_visitor_data() is 'Does the work of loacl.export_visitor_data.';
revoke all on function loacl_private.export_visitor_data() from public;
grant execute on function loacl_private.export_visitor_data() to anon, authenticated;

create function loacl.export_visitor_data()
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.export_visitor_data();
comment on function loacl.export_visitor_data() is
  'What is kept of the calling visitor and is theirs to have, on all their devices: `{exportedAt, sessions, threads, files}`, messages within their threads, deleted threads until they are purged. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.export_visitor_data() from public;
grant execute on function loacl.export_visitor_data() to anon, authenticated;

create function loacl_private.export_visitor(session_id uuid)
returns jsonb
language sql
stable
security definer -- operators don't read what the provider said besides
set search_path = pg_catalog, pg_temp
return loacl_private.export_sessions(loacl_private.require_visitor_session_ids(export_visitor.session_id), true);
comment on function loacl_private.export_visitor(uuid) is 'Does the work of loacl.export_visitor.';
revoke all on function loacl_private.export_visitor(uuid) from public;
grant execute on function loacl_private.export_visitor(uuid) to authenticated;

create function loacl.export_visitor(session_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.export_visitor(export_visitor.session_id);
comment on function loacl.export_visitor(uuid) is
  'For operators: exports a visitor of one of their assistants, with all the sessions of the same person, as export_visitor_data does, and with what visitors don''t get: system messages, tool calls, the provider''s items, tags, overrides, summaries, where uploads are, and usage. Errors: not_found.';
revoke all on function loacl.export_visitor(uuid) from public;
grant execute on function loacl.export_visitor(uuid) to authenticated;

create function loacl_private.erase_sessions(session_ids uuid[])
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  erased jsonb := jsonb_build_object(
    'sessions', cardinality(session_ids),
    'threads', (select count(*) from loacl.threads t where t.session_id = any (session_ids)),
    'messages', (select count(*) from loacl.messages m where m.session_id = any (session_ids)),
    'files', (select count(*) from loacl.files f where f.session_id = any (session_ids))
  );
begin
  for attempt in 1..10 loop
    begin
      -- Threads are locked first, as in begin_turn and finish_turn: in another order they could wait for each other.
      perform from loacl.threads t where t.session_id = any (session_ids) order by t.id for update;
      -- Everything else follows: usage_logs loses the ids, uploads are queued for deletion, a running turn loses its lease.
      delete from loacl.sessions s where s.id = any (session_ids);
      return erased;
    exception
      -- Somebody who writes about a message has locked it and waits for its thread. They go on now; this tries again.
      when deadlock_detected then
        if attempt = 10 then
          raise;
        end if;
        -- Without a pause this would lock the thread first again.
        perform pg_sleep(0.05);
    end;
  end loop;
end
$$;
comment on function loacl_private.erase_sessions(uuid[]) is 'Deletes sessions with everything in them, and says how much that was.';
revoke all on function loacl_private.erase_sessions(uuid[]) from public;

create function loacl_private.erase_visitor_data()
returns jsonb
language sql
volatile
security definer -- visitors delete nothing else themselves
set search_path = pg_catalog, pg_temp
return loacl_private.erase_sessions(loacl_private.require_own_session_ids());
comment on function loacl_private.erase_visitor_data() is 'Does the work of loacl.erase_visitor_data.';
revoke all on function loacl_private.erase_visitor_data() from public;
grant execute on function loacl_private.erase_visitor_data() to anon, authenticated;

create function loacl.erase_visitor_data()
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- the Data API gives what a function says in place of the role's three seconds or eight
return loacl_private.erase_visitor_data();
comment on function loacl.erase_visitor_data() is
  'Erases everything that is kept of the calling visitor, on all their devices, at once and for good: `{sessions, threads, messages, files}` says how much. What they uploaded is queued for deletion in Storage and at the provider. The token is a fresh guest''s afterwards. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.erase_visitor_data() from public;
grant execute on function loacl.erase_visitor_data() to anon, authenticated;

create function loacl_private.erase_visitor(session_id uuid)
returns jsonb
language sql
volatile
security definer -- operators don't delete sessions by the table: one session is not the whole person
set search_path = pg_catalog, pg_temp
return loacl_private.erase_sessions(loacl_private.require_visitor_session_ids(erase_visitor.session_id));
comment on function loacl_private.erase_visitor(uuid) is 'Does the work of loacl.erase_visitor.';
revoke all on function loacl_private.erase_visitor(uuid) from public;
grant execute on function loacl_private.erase_visitor(uuid) to authenticated;

create function loacl.erase_visitor(session_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.erase_visitor(erase_visitor.session_id);
comment on function loacl.erase_visitor(uuid) is
  'For operators: erases a visitor of one of their assistants, as erase_visitor_data does, with all the sessions of the same person. Errors: not_found.';
revoke all on function loacl.erase_visitor(uuid) from public;
grant execute on function loacl.erase_visitor(uuid) to authenticated;

create function loacl_private.purge_expired_data(max_duration interval)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ends_at timestamptz := clock_timestamp() + max_duration;
begin
  -- `for update` looks again at a thread that was written in or brought back in the meantime.
  loop
    with old as (
      select t.id
      from loacl.threads t
      where t.deleted_at <= now() - interval '7 days'
      order by t.deleted_at
      limit 20
      for update skip locked
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  loop
    with old as (
      select expired.id
      from loacl.assistants a
      cross join lateral (
        select t.id
        from loacl.threads t
        where t.assistant_id = a.id and t.last_message_at <= now() - make_interval(days => a.retention_days)
        order by t.last_message_at
        limit 20
        for update skip locked
      ) expired
      where a.retention_days is not null
      limit 20
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  -- Uploaded, and no message came with it.
  with old as (
    select f.id
    from loacl.files f
    where f.message_id is null and f.created_at <= now() - interval '1 day'
    limit 1000
    for update skip locked
  )
  delete from loacl.files f using old where f.id = old.id;

  delete from loacl.sessions s
  where s.expires_at <= now() and not exists (select from loacl.threads t where t.session_id = s.id);
end
$$;
comment on function loacl_private.purge_expired_data(interval) is
  'Deletes for good: threads deleted seven days ago, threads past their assistant''s retention, uploads never sent after a day, and ended sessions that hold no thread. Threads go a few at a time for as long as `max_duration`, and what is left then at the next call.';
revoke all on function loacl_private.purge_expired_data(interval) from public;

create function loacl_private.schedule_clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    return false;
  end if;
  -- By name: doing it twice leaves one job.
  execute $cron$ select cron.schedule('loacl_clean_up', '*/5 * * * *', 'select loacl_private.clean_up()') $cron$;
  return true;
end
$$;
comment on function loacl_private.schedule_clean_up() is
  'Has pg_cron run clean_up every five minutes, where the project has that extension, and says whether it has. Call it again after switching the extension on.';
revoke all on function loacl_private.schedule_clean_up() from public;

select loacl_private.schedule_clean_up();

create function loacl_private.run_clean_up()
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.clean_up();
end;
comment on function loacl_private.run_clean_up() is 'Does the work of loacl.run_clean_up.';
revoke all on function loacl_private.run_clean_up() from public;
grant execute on function loacl_private.run_clean_up() to service_role;

create function loacl.run_clean_up()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.run_clean_up();
end;
comment on function loacl.run_clean_up() is
  'For the functions: what pg_cron does every five minutes where a project has it. Ends turns whose worker has gone, and purges what has run out.';
revoke all on function loacl.run_clean_up() from public;
grant execute on function loacl.run_clean_up() to service_role;

-- The planner's statistics of a column cover all rows, whoever they belong to, and the Data API gives out estimates made
-- from them: `Prefer: count=planned`, for any filter and regardless of row security. Histograms and most common values would
-- tell somebody who has only the publishable key whether others wrote a certain thing, or who they are.
-- So statistics are kept only of LOACL's own ids, times, flags, positions, and words that are in this folder anyway. LOACL's
-- queries find rows by nothing else, except by keys that are unique or nearly so. Without statistics the planner assumes that
-- one in two hundred rows has a given key of the latter kind, so queries pass on what they find by it in an array, which the
-- planner takes for small.

alter table loacl.assistants
  alter column name set statistics 0,
  alter column description set statistics 0,
  alter column greeting set statistics 0,
  alter column model set statistics 0,
  alter column instructions set statistics 0,
  alter column temperature set statistics 0,
  alter column max_output_tokens set statistics 0,
  alter column context_token_budget set statistics 0,
  alter column max_message_length set statistics 0,
  alter column allowed_origins set statistics 0,
  alter column messages_per_minute set statistics 0,
  alter column messages_per_hour_per_address set statistics 0,
  alter column messages_per_hour_per_fingerprint set statistics 0,
  alter column new_sessions_per_hour_per_address set statistics 0,
  alter column messages_per_thread set statistics 0,
  alter column tokens_per_day set statistics 0,
  alter column spend_per_day_usd set statistics 0,
  alter column spend_per_month_usd set statistics 0,
  alter column retention_days set statistics 0;
alter table loacl.auto_approval_settings
  alter column max_cost_per_tool_usd set statistics 0,
  alter column max_cost_per_hour_usd set statistics 0;
alter table loacl.context_optimizations
  alter column tokens_before set statistics 0,
  alter column tokens_after set statistics 0,
  alter column summary set statistics 0;
alter table loacl.conversation_tags
  alter column name set statistics 0,
  alter column color set statistics 0;
alter table loacl.document_vector_stores
  alter column error_message set statistics 0;
alter table loacl.documents
  alter column original_name set statistics 0,
  alter column category set statistics 0,
  alter column mime_type set statistics 0,
  alter column size_bytes set statistics 0,
  alter column sha256 set statistics 0,
  alter column storage_path set statistics 0,
  alter column provider_file_id set statistics 0,
  alter column error_message set statistics 0;
alter table loacl.file_objects
  alter column person set statistics 0,
  alter column sha256 set statistics 0,
  alter column size_bytes set statistics 0,
  alter column mime_type set statistics 0,
  alter column storage_path set statistics 0,
  alter column provider_file_id set statistics 0;
alter table loacl.files
  alter column original_name set statistics 0,
  alter column mime_type set statistics 0,
  alter column size_bytes set statistics 0;
alter table loacl.follow_up_suggestions
  alter column suggestion set statistics 0;
alter table loacl.guided_questions
  alter column question set statistics 0,
  alter column category set statistics 0;
alter table loacl.message_annotations
  alter column text set statistics 0,
  alter column title set statistics 0,
  alter column url set statistics 0,
  alter column quote set statistics 0,
  alter column start_index set statistics 0,
  alter column end_index set statistics 0;
alter table loacl.message_feedback
  alter column comment set statistics 0;
alter table loacl.messages
  alter column content set statistics 0,
  alter column model set statistics 0,
  alter column error_code set statistics 0;
alter table loacl.model_prices
  alter column model set statistics 0,
  alter column input_usd set statistics 0,
  alter column cached_input_usd set statistics 0,
  alter column output_usd set statistics 0;
alter table loacl.provider_configs
  alter column base_url set statistics 0,
  alter column key_last_four set statistics 0;
alter table loacl.resources
  alter column key set statistics 0,
  alter column title set statistics 0,
  alter column content set statistics 0;
alter table loacl.sessions
  alter column user_id set statistics 0,
  alter column external_id set statistics 0,
  alter column fingerprint_hash set statistics 0;
alter table loacl.thread_overrides
  alter column model set statistics 0,
  alter column instructions set statistics 0,
  alter column context_token_budget set statistics 0;
alter table loacl.threads
  alter column title set statistics 0;
alter table loacl.tool_executions
  alter column call_id set statistics 0,
  alter column tool_name set statistics 0,
  alter column execution_time_ms set statistics 0,
  alter column cost_usd set statistics 0,
  alter column error_message set statistics 0;
alter table loacl.usage_logs
  alter column step set statistics 0,
  alter column provider set statistics 0,
  alter column model set statistics 0,
  alter column input_tokens set statistics 0,
  alter column cached_input_tokens set statistics 0,
  alter column output_tokens set statistics 0,
  alter column reasoning_tokens set statistics 0,
  alter column cost_usd set statistics 0;
alter table loacl.vector_stores
  alter column name set statistics 0,
  alter column provider_vector_store_id set statistics 0,
  alter column expires_after_days set statistics 0;
