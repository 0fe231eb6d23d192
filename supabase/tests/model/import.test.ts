import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
afterAll(() => world.close())

/** The example of docs/migrating.md. */
const page = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8')
const example = /^\*\*The heart of it.*?^```sql\n(.*?)^```/ms.exec(page)![1]!

it('a conversation with serial keys comes along as docs/migrating.md says, and its visitor reads on', async () => {
  const user = await world.createOperator()
  const token = createToken()
  await sql.begin(async (tx) => {
    await tx.unsafe(`
      create schema old
      create table users (id serial, default_assistant_id integer)
      create table assistants (
        id serial, user_id integer, name varchar(100), description text, instructions text,
        is_active boolean default true, created_at timestamp default now()
      )
      create table threads (
        id serial, user_id integer, assistant_id integer, title varchar(255) default 'New Thread',
        is_archived boolean default false, created_at timestamp default now(), updated_at timestamp default now()
      )
      create table messages (id serial, thread_id integer, role varchar(20), content text, created_at timestamp default now());
      insert into old.users (id, default_assistant_id) values (7, 3);
      insert into old.assistants (id, user_id, name) values (3, 7, 'Brought along'), (4, 7, 'Never used');
      insert into old.threads (id, user_id, assistant_id, title) values (7, 7, 3, 'It'), (8, 7, null, 'With nobody');
      insert into old.threads (id, user_id, assistant_id, is_archived) values (9, 7, 3, true);
      insert into old.messages (thread_id, role, content, created_at) values
        (7, 'user', 'What is it?', '2025-03-01 10:00'),
        (7, 'assistant', 'It is this.', '2025-03-01 10:01'),
        (9, 'user', 'Elsewhere', '2025-03-01 10:01'),
        (7, 'user', 'And why?', '2025-03-01 10:02'),
        (7, 'assistant', 'Because.', '2025-03-01 10:03')
    `)
    // Auth has made the account, with an id of its own; the rest has ids that no other run of this test has.
    const once = example
      .replace('my-old-chat', crypto.randomUUID())
      .replaceAll(/pg_temp\.new_id\('users', [\w.]+\)/g, `'${user.userId}'::uuid`)
    await tx`delete from loacl_private.operators where user_id = ${user.userId}`
    await tx.unsafe(once)
    await tx`drop schema old cascade`
    // What signing in does.
    await tx`
      insert into loacl_private.session_tokens
      select sha256(convert_to(${token}, 'UTF8')), id from loacl.sessions where user_id = ${user.userId}
    `
  })

  const caller = { token, jwt: user.jwt }
  const [{ assistant_id, id } = { assistant_id: '', id: '' }] = (
    await api.select('threads?select=id,assistant_id&status=eq.active', caller)
  ).body
  const listed = (await api.rpc('list_threads', { assistant_id }, caller)).body.items
  expect(listed).toMatchObject([{ id, title: 'It', status: 'active' }])
  expect(Date.parse(listed[0].lastMessageAt)).toBe(Date.parse('2025-03-01T10:03Z'))
  const { body } = await api.rpc('list_messages', { thread_id: id, page_size: 3 }, caller)
  expect(body.items.map(({ content }: { content: string }) => content)).toEqual(['Because.', 'And why?', 'It is this.'])
  const older = await api.rpc('list_messages', { thread_id: id, cursor: body.nextCursor }, caller)
  expect(older.body.items).toMatchObject([{ content: 'What is it?', parts: [{ type: 'text', text: 'What is it?' }] }])
})
