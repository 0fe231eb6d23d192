import { afterAll, expect, inject, it } from 'vitest'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(inject('stack'))
const { api, sql } = world
afterAll(() => world.close())

it('a conversation with serial keys comes along as docs/migrating.md says, and its visitor reads on', async () => {
  const user = await world.createOperator()
  const system = crypto.randomUUID()
  const token = createToken()
  await sql.begin(async (tx) => {
    await tx`create function pg_temp.to_uuid(name text, id integer) returns uuid language sql
      as $$ select extensions.uuid_generate_v5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', name || id) $$`
    await tx`
      create temp table old_messages on commit drop as
      select * from (values
        (1, 7, 'user', 'What is it?', timestamp '2025-03-01 10:00'),
        (2, 7, 'assistant', 'It is this.', timestamp '2025-03-01 10:01'),
        (3, 7, 'user', 'And why?', timestamp '2025-03-01 10:02'),
        (4, 7, 'assistant', 'Because.', timestamp '2025-03-01 10:03')
      ) as m (id, thread_id, role, content, created_at)
    `
    await tx`
      insert into loacl.assistants (id, owner_id, name, model, instructions, created_at)
      values (pg_temp.to_uuid(${`${system}/assistants/`}, 3), ${user.userId}, 'Brought along', 'gpt-6-luna', 'Be kind.', '2025-01-01')
    `
    const [session] = await tx<{ id: string }[]>`
      insert into loacl.sessions (assistant_id, session_type, user_id, last_active_at)
      values (pg_temp.to_uuid(${`${system}/assistants/`}, 3), 'authenticated', ${user.userId}, '2025-03-01 10:03Z') returning id
    `
    await tx`
      insert into loacl.threads (id, session_id, assistant_id, title, status, last_message_at, created_at)
      select pg_temp.to_uuid(${`${system}/threads/`}, 7), ${session!.id}, pg_temp.to_uuid(${`${system}/assistants/`}, 3),
        nullif('It', 'New Thread'), 'active', max(created_at) at time zone 'UTC', min(created_at) at time zone 'UTC'
      from old_messages
    `
    await tx`
      insert into loacl.messages (id, thread_id, session_id, assistant_id, parent_id, role, content, parts, created_at)
      select pg_temp.to_uuid(${`${system}/messages/`}, m.id), t.id, t.session_id, t.assistant_id,
        pg_temp.to_uuid(${`${system}/messages/`}, lag(m.id) over (order by m.id)),
        m.role, m.content, jsonb_build_array(jsonb_build_object('type', 'text', 'text', m.content)), m.created_at at time zone 'UTC'
      from old_messages m
      join loacl.threads t on t.id = pg_temp.to_uuid(${`${system}/threads/`}, m.thread_id)
      order by m.id
    `
    // What signing in does.
    await tx`insert into loacl_private.session_tokens values (sha256(convert_to(${token}, 'UTF8')), ${session!.id})`
  })

  const caller = { token, jwt: user.jwt }
  const [{ assistant_id, id } = { assistant_id: '', id: '' }] = (
    await api.select('threads?select=id,assistant_id', caller)
  ).body
  const listed = (await api.rpc('list_threads', { assistant_id }, caller)).body.items
  expect(listed).toMatchObject([{ id, title: 'It', status: 'active' }])
  expect(Date.parse(listed[0].lastMessageAt)).toBe(Date.parse('2025-03-01T10:03Z'))
  const { body } = await api.rpc('list_messages', { thread_id: id, page_size: 3 }, caller)
  expect(body.items.map(({ content }: { content: string }) => content)).toEqual(['Because.', 'And why?', 'It is this.'])
  const older = await api.rpc('list_messages', { thread_id: id, cursor: body.nextCursor }, caller)
  expect(older.body.items).toMatchObject([{ content: 'What is it?', parts: [{ type: 'text', text: 'What is it?' }] }])
})
