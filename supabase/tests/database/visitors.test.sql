-- Two visitors of one assistant, row by row. Run by `supabase test db` in your project, and by `npm test` here.
begin;
select plan(24);

insert into auth.users (id, email) values ('10000000-0000-4000-8000-000000000001', 'owner@loacl.test');
insert into loacl_private.operators (user_id) values ('10000000-0000-4000-8000-000000000001');
insert into loacl.assistants (id, owner_id, name, model, instructions, allowed_origins) values
  ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'pgTAP', 'gpt-6-luna', 'Hidden.', '{*}');

-- A and B, each with a thread, an answer and a suggestion. A has a deleted thread besides.
insert into loacl.sessions (id, assistant_id)
select id::uuid, '20000000-0000-4000-8000-000000000001'
from unnest(array['30000000-0000-4000-8000-00000000000a', '30000000-0000-4000-8000-00000000000b']) as id;
insert into loacl_private.session_tokens (token_hash, session_id) values
  (sha256(convert_to(repeat('a', 43), 'UTF8')), '30000000-0000-4000-8000-00000000000a'),
  (sha256(convert_to(repeat('b', 43), 'UTF8')), '30000000-0000-4000-8000-00000000000b');
insert into loacl.threads (id, session_id, assistant_id, title, status)
select t.id::uuid, t.session_id::uuid, '20000000-0000-4000-8000-000000000001', 'One', t.status
from (
  values
    ('40000000-0000-4000-8000-00000000000a', '30000000-0000-4000-8000-00000000000a', 'active'),
    ('40000000-0000-4000-8000-00000000000d', '30000000-0000-4000-8000-00000000000a', 'deleted'),
    ('40000000-0000-4000-8000-00000000000b', '30000000-0000-4000-8000-00000000000b', 'active')
) as t (id, session_id, status);
insert into loacl.messages (id, thread_id, session_id, assistant_id, role, content)
select replace(t.id::text, '40000000', '50000000')::uuid, t.id, t.session_id, t.assistant_id, 'assistant', t.id::text
from loacl.threads t where t.assistant_id = '20000000-0000-4000-8000-000000000001';
insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
select t.id, t.session_id, t.assistant_id, 'system', 'Be kind.'
from loacl.threads t where t.assistant_id = '20000000-0000-4000-8000-000000000001';
insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
select m.id, m.thread_id, m.session_id, m.assistant_id, 1, 'Why?'
from loacl.messages m where m.assistant_id = '20000000-0000-4000-8000-000000000001' and m.role = 'assistant';

select set_config('request.jwt.claims', '{"role": "anon"}', true),
  set_config('request.headers', json_build_object('x-loacl-session', repeat('a', 43))::text, true);
set local role anon;

select results_eq(
  'select id from loacl.threads', array['40000000-0000-4000-8000-00000000000a'::uuid], 'A sees their thread and no other'
);
select results_eq(
  'select id from loacl.messages', array['50000000-0000-4000-8000-00000000000a'::uuid],
  'A sees what was said there, but for system messages and what is deleted'
);
select results_eq(
  'select message_id from loacl.follow_up_suggestions', array['50000000-0000-4000-8000-00000000000a'::uuid],
  'A sees the suggestions there'
);
select throws_ok('select * from loacl.assistants', '42501', null, 'assistants are not to be read');
select throws_ok('select * from loacl.sessions', '42501', null, 'nor sessions');
select throws_ok('select * from loacl.usage_logs', '42501', null, 'nor costs');
select throws_ok('select * from loacl_private.secrets', '42501', null, 'nor secrets');
select throws_ok('select * from loacl_private.session_tokens', '42501', null, 'nor tokens');
select throws_ok('select loacl_private.own_session_ids()', '42501', null, 'nor is a function of loacl_private to be called');
select throws_ok($$select loacl.begin_turn('{}')$$, '42501', null, 'nor one that is for the functions');

select lives_ok(
  $$update loacl.threads set title = 'Mine' where id = '40000000-0000-4000-8000-00000000000b'$$, 'A may try to rename B''s thread'
);
select lives_ok(
  $$update loacl.threads set title = 'Mine' where id = '40000000-0000-4000-8000-00000000000a'$$, 'A renames their own'
);
select throws_ok('update loacl.threads set metadata = metadata', '42501', null, 'A changes nothing else of it');
select throws_ok($$update loacl.threads set status = 'deleted'$$, '42501', null, 'A deletes by the function alone');
select throws_ok('update loacl.messages set content = content', '42501', null, 'A rewrites no message');
select throws_ok('delete from loacl.threads', '42501', null, 'A deletes no row');
select throws_ok(
  $$insert into loacl.messages (thread_id, role) values ('40000000-0000-4000-8000-00000000000a', 'user')$$, '42501', null,
  'A writes no message by the table'
);
select throws_ok(
  $$insert into loacl.message_feedback (message_id, value) values ('50000000-0000-4000-8000-00000000000b', 'up')$$, 'PT404', null,
  'A has no say on B''s answer'
);
select lives_ok(
  $$insert into loacl.message_feedback (message_id, value) values ('50000000-0000-4000-8000-00000000000a', 'up')$$,
  'A has a say on their own'
);
select throws_ok(
  $$select loacl.list_messages('40000000-0000-4000-8000-00000000000b')$$, 'PT404', 'thread_not_found', 'B''s thread is not found'
);

reset role;
select results_eq(
  $$select title from loacl.threads where assistant_id = '20000000-0000-4000-8000-000000000001' order by id$$,
  array['Mine', 'One', 'One'], 'only A''s thread has a new name'
);

select set_config('request.headers', json_build_object('x-loacl-session', repeat('c', 43))::text, true);
set local role anon;
select is_empty('select * from loacl.threads', 'a token that nobody has opens nothing');
select set_config('request.headers', '', true);
select is_empty('select * from loacl.messages', 'nor does none');

reset role;
update loacl.sessions set expires_at = now() where id = '30000000-0000-4000-8000-00000000000a';
select set_config('request.headers', json_build_object('x-loacl-session', repeat('a', 43))::text, true);
set local role anon;
select is_empty('select * from loacl.threads', 'nor does one that has expired');

reset role;
select * from finish();
rollback;
