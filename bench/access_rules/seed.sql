-- Conversations of a busy site: `seed.sessions`, `seed.threads` and `seed.messages` say how many. As the superuser, in one
-- transaction. What is made is whole by construction, so that no trigger and no foreign key checks each row.

set local session_replication_role = replica;
set local client_min_messages = warning;
select setseed(0.42);

create temp table seed_owners on commit drop as
select n, gen_random_uuid() as id, gen_random_uuid() as secret_id
from generate_series(1, 12) n;

insert into auth.users (id, email) select o.id, 'owner-' || o.n || '@example.com' from seed_owners o;
insert into loacl_private.operators (user_id) select o.id from seed_owners o;
insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
select o.secret_id, o.id, 'provider_key', 'seed', repeat('A', 64) from seed_owners o;
insert into loacl.provider_configs (owner_id, secret_id, key_last_four, is_default)
select o.id, o.secret_id, 'abcd', true from seed_owners o;

-- The first owner has the five that are visited most.
create temp table seed_assistants on commit drop as
select a.n, o.id as owner_id, gen_random_uuid() as id
from generate_series(1, 30) as a (n)
join seed_owners o on o.n = case when a.n <= 5 then 1 else 2 + a.n % 11 end;

insert into loacl.assistants (id, owner_id, name, model, allowed_origins)
select a.id, a.owner_id, 'Assistant ' || a.n, 'gpt-6-luna', array['https://site.test'] from seed_assistants a;

-- Of ten sessions with one assistant, six are guests', three are one person's that a site identifies, and one is a
-- Supabase user's. A third of all is with one assistant.
create temp table seed_sessions on commit drop as
with visits as (
  select v.n as visit, 1 + floor(30 * random() ^ 3)::integer as assistant
  from generate_series(0, (current_setting('seed.sessions')::integer - 1) / 10) as v (n)
)
select s.n, gen_random_uuid() as id, a.id as assistant_id, a.owner_id,
  case when s.n % 10 between 6 and 8 then 'customer-' || v.visit end as external_id,
  case when s.n % 10 = 9 then gen_random_uuid() end as user_id
from generate_series(0, current_setting('seed.sessions')::integer - 1) as s (n)
join visits v on v.visit = s.n / 10
join seed_assistants a on a.n = v.assistant;

insert into auth.users (id, email)
select s.user_id, 'visitor-' || s.n || '@example.com' from seed_sessions s where s.user_id is not null;
insert into auth.sessions (id, user_id) select s.user_id, s.user_id from seed_sessions s where s.user_id is not null;

-- One each, and the rest to few.
create temp table seed_threads on commit drop as
select t.n, gen_random_uuid() as id, s.id as session_id, s.assistant_id, s.owner_id,
  now() - interval '1 day' - random() * interval '300 days' as started_at,
  case when t.n % 50 = 0 then 'deleted' when t.n % 25 = 3 then 'archived' else 'active' end as status
from (
  select n, case when n < sizes.sessions then n else floor(sizes.sessions * random() ^ 2) end as session
  from (select current_setting('seed.sessions')::integer as sessions, current_setting('seed.threads')::integer as threads) sizes
  cross join lateral generate_series(0, sizes.threads - 1) n
) t
join seed_sessions s on s.n = t.session;

-- A message and its answer: one each, and the rest to few.
create temp table seed_exchanges on commit drop as
select e.*,
  count(*) over w as place,
  lag(e.answer_id) over w as parent_id,
  t.id as thread_id, t.session_id, t.assistant_id, t.owner_id,
  t.started_at + count(*) over w * interval '3 minutes' as said_at
from (
  select n, gen_random_uuid() as question_id, gen_random_uuid() as answer_id,
    case when n < sizes.threads then n else floor(sizes.threads * random() ^ 1.5) end as thread,
    left(repeat(md5(random()::text) || ' ', 25), 40 + (80 * random())::integer) as question,
    left(repeat(md5(random()::text) || ' ', 25), 100 + (600 * random())::integer) as answer
  from (select current_setting('seed.threads')::integer as threads, current_setting('seed.messages')::integer as messages) sizes
  cross join lateral generate_series(0, sizes.messages / 2 - 1) n
) e
join seed_threads t on t.n = e.thread
window w as (partition by e.thread order by e.n);

insert into loacl.sessions (id, assistant_id, session_type, user_id, external_id, last_active_at, expires_at)
select s.id, s.assistant_id, case when num_nulls(s.user_id, s.external_id) = 2 then 'guest' else 'authenticated' end,
  s.user_id, s.external_id, t.last_active_at, t.last_active_at + interval '30 days'
from seed_sessions s
join (select session_id, max(said_at) as last_active_at from seed_exchanges group by 1) t on t.session_id = s.id
order by t.last_active_at;

-- The token is the hash of the session's id, so that a program can make it again.
insert into loacl_private.session_tokens (token_hash, session_id)
select sha256(convert_to(rtrim(translate(encode(sha256(convert_to(s.id::text, 'UTF8')), 'base64'), '+/', '-_'), '='), 'UTF8')), s.id
from seed_sessions s;

insert into loacl.threads (id, session_id, assistant_id, title, status, deleted_at, last_message_at, created_at)
select t.id, t.session_id, t.assistant_id, 'Conversation ' || t.n, t.status,
  case t.status when 'deleted' then now() - interval '1 day' end, e.said_at, t.started_at
from seed_threads t
join (select thread_id, max(said_at) as said_at from seed_exchanges group by 1) e on e.thread_id = t.id
order by t.started_at;

-- As they were said: those of one thread lie far apart.
insert into loacl.messages (
  id, thread_id, session_id, assistant_id, parent_id, client_id, role, author, content, parts, model, created_at
)
select m.id, e.thread_id, e.session_id, e.assistant_id, m.parent_id, m.client_id, m.role, m.author, m.content,
  jsonb_build_array(jsonb_build_object('type', 'text', 'text', m.content)), m.model, m.said_at
from seed_exchanges e
cross join lateral (
  values
    (e.question_id, e.parent_id, gen_random_uuid(), 'user', 'visitor', e.question, null, e.said_at),
    (e.answer_id, e.question_id, null, 'assistant', 'assistant', e.answer, 'gpt-6-luna', e.said_at + interval '10 seconds')
) as m (id, parent_id, client_id, role, author, content, model, said_at)
order by m.said_at;

insert into loacl_private.message_internals (message_id)
select e.answer_id from seed_exchanges e;

insert into loacl_private.turns (
  thread_id, user_message_id, message_id, state, lease_expires_at, deadline_at, provider, model, created_at, ended_at, purged_at
)
select e.thread_id, e.question_id, e.answer_id, 'completed', e.said_at, e.said_at, 'openai', 'gpt-6-luna',
  e.said_at, e.said_at + interval '10 seconds', e.said_at + interval '1 hour'
from seed_exchanges e
order by e.said_at;

insert into loacl_private.turn_steps (turn_id, step, state, model, response_id, created_at, ended_at)
select t.id, 1, t.state, t.model, 'resp_' || t.id, t.created_at, t.ended_at
from loacl_private.turns t
join seed_exchanges e on e.answer_id = t.message_id;

insert into loacl_private.thread_events (thread_id, number, kind, message_id, turn_id, created_at)
select e.thread_id, 3 * (e.place - 1) + k.place, k.kind, case k.place when 1 then e.question_id else e.answer_id end,
  case when k.place > 1 then t.id end, e.said_at
from seed_exchanges e
join loacl_private.turns t on t.message_id = e.answer_id
cross join (values (1, 'message_added'), (2, 'turn_began'), (3, 'turn_ended')) as k (place, kind)
order by e.said_at;

insert into loacl.usage_logs (
  owner_id, assistant_id, session_id, thread_id, purpose, provider, model,
  input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, created_at
)
select e.owner_id, e.assistant_id, e.session_id, e.thread_id, 'answer', 'openai', 'gpt-6-luna', 1000, 500, 200, 100, 0.001, e.said_at
from seed_exchanges e
order by e.said_at;

insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
select e.answer_id, e.thread_id, e.session_id, e.assistant_id, p.position, 'And what about ' || p.position || '?'
from seed_exchanges e
cross join generate_series(1, 3) as p (position);

insert into loacl.message_annotations (message_id, thread_id, session_id, assistant_id, type, url)
select e.answer_id, e.thread_id, e.session_id, e.assistant_id, 'url_citation', 'https://example.com/' || e.n
from seed_exchanges e
where e.n % 4 = 0;

insert into loacl.message_feedback (message_id, thread_id, session_id, assistant_id, value)
select e.answer_id, e.thread_id, e.session_id, e.assistant_id, 'up'
from seed_exchanges e
where e.n % 10 = 0;

create temp table seed_files on commit drop as
select e.*, gen_random_uuid() as object_id from seed_exchanges e where e.n % 10 = 1;

insert into loacl.file_objects (id, assistant_id, person, sha256, size_bytes, mime_type, storage_path)
select f.object_id, f.assistant_id, 'session:' || f.session_id, sha256(uuid_send(f.object_id)), 1000, 'image/png', 'seed/' || f.n
from seed_files f;

insert into loacl.files (object_id, assistant_id, session_id, thread_id, message_id, original_name, mime_type, size_bytes, created_at)
select f.object_id, f.assistant_id, f.session_id, f.thread_id, f.question_id, 'picture.png', 'image/png', 1000, f.said_at
from seed_files f;
