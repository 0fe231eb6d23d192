-- Two owners in one project, and somebody who is signed in. Run by `supabase test db` in your project, and by `npm test` here.
begin;
select plan(18);

insert into auth.users (id, email) values
  ('10000000-0000-4000-8000-000000000001', 'one@loacl.test'),
  ('10000000-0000-4000-8000-000000000002', 'two@loacl.test'),
  ('10000000-0000-4000-8000-000000000003', 'nobody@loacl.test');
insert into loacl_private.operators (user_id) values
  ('10000000-0000-4000-8000-000000000001'), ('10000000-0000-4000-8000-000000000002');
insert into loacl.assistants (id, owner_id, name, model) values
  ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'One', 'gpt-6-luna'),
  ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'Two', 'gpt-6-luna'),
  -- Left over from a time when its owner was an operator.
  ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000003', 'Three', 'gpt-6-luna');
insert into loacl.sessions (id, assistant_id) values
  ('30000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001'),
  ('30000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002');
insert into loacl.usage_logs (
  owner_id, assistant_id, purpose, provider, model, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd
)
select a.owner_id, a.id, 'answer', 'openai', a.model, 1, 0, 1, 0, 1 from loacl.assistants a;

select set_config('request.headers', '{}', true),
  set_config('request.jwt.claims', '{"role": "authenticated", "sub": "10000000-0000-4000-8000-000000000001"}', true);
set local role authenticated;

select results_eq('select name from loacl.assistants', array['One'], 'an operator sees their assistants and no other''s');
select results_eq(
  'select id from loacl.sessions', array['30000000-0000-4000-8000-000000000001'::uuid], 'and their visitors'
);
select results_eq('select count(*) from loacl.usage_logs', array[1::bigint], 'and what they cost');
select results_eq(
  $$with u as (update loacl.assistants set description = 'New' returning name) select name from u$$, array['One'],
  'an operator changes theirs alone'
);
select throws_ok(
  $$update loacl.assistants set owner_id = '10000000-0000-4000-8000-000000000002'$$, '42501', null, 'and gives none away'
);
select throws_ok(
  $$insert into loacl.assistants (owner_id, name, model) values ('10000000-0000-4000-8000-000000000002', 'Four', 'x')$$,
  '42501', null, 'nor makes one for somebody else'
);
select throws_ok(
  $$insert into loacl.guided_questions (assistant_id, question) values ('20000000-0000-4000-8000-000000000002', 'Hi?')$$,
  '42501', null, 'nor writes questions for another''s'
);
select throws_ok('update loacl.usage_logs set cost_usd = 0', '42501', null, 'what it cost is not theirs to change');
select throws_ok('select * from loacl_private.secrets', '42501', null, 'not even their own keys come out');
select throws_ok(
  $$insert into loacl_private.operators (user_id) values ('10000000-0000-4000-8000-000000000003')$$, '42501', null,
  'an operator makes no other'
);
select throws_ok(
  $$select loacl.erase_visitor('30000000-0000-4000-8000-000000000002')$$, 'PT404', null, 'nor erases another''s visitor'
);
select throws_ok(
  $$select loacl.export_visitor('30000000-0000-4000-8000-000000000002')$$, 'PT404', null, 'nor exports another''s visitor'
);

select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "10000000-0000-4000-8000-000000000003"}', true);
select is_empty('select * from loacl.assistants', 'who is no operator sees not even what names them');
select is_empty('select * from loacl.sessions', 'and nobody''s visitors');
select throws_ok(
  $$insert into loacl.assistants (owner_id, name, model) values ('10000000-0000-4000-8000-000000000003', 'Mine', 'x')$$,
  '42501', null, 'and makes no assistant'
);

select set_config(
  'request.jwt.claims', '{"role": "authenticated", "sub": "10000000-0000-4000-8000-000000000001", "is_anonymous": true}', true
);
select is_empty('select * from loacl.assistants', 'an anonymous user is no operator, whatever the table says');

reset role;
select isnt_empty(
  $$select from loacl.assistants where id = '20000000-0000-4000-8000-000000000001' and description = 'New'$$,
  'what an operator changed has changed'
);
select is_empty(
  $$select from loacl.assistants where id = '20000000-0000-4000-8000-000000000002' and description is not null$$,
  'what is another''s has not'
);

select * from finish();
rollback;
