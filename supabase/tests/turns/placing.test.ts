import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

const missing = { status: 404, body: { message: 'message_not_found' } }
const conflict = { status: 409, body: { message: 'id_conflict' } }

describe('a message that names its parent', () => {
  it('follows the latest one, and is the same message when it is sent again', async () => {
    const token = createToken()
    const { threadId, messageId, userMessageId } = await world.converse(assistantId, token)
    const next = { id: randomUUID(), threadId, parentId: messageId }
    const begun = await world.beginTurn(assistantId, token, next)
    expect(begun).toMatchObject({ status: 200, body: { joined: false } })
    const again = { status: 200, body: { joined: true, turn: { id: begun.body.turn.id } } }
    expect(await world.beginTurn(assistantId, token, next)).toMatchObject(again)
    expect(await world.beginTurn(assistantId, token, { ...next, parentId: userMessageId })).toMatchObject(conflict)
    const [row] = await world.sql`select parent_id from loacl.messages where id = ${begun.body.userMessageId}`
    expect(row).toEqual({ parent_id: messageId })
  })

  it('is refused where that is not the latest, is in no or another thread, or is a system message', async () => {
    const token = createToken()
    const { threadId, userMessageId } = await world.converse(assistantId, token)
    const other = await world.converse(assistantId, token)
    const before = await world.readRows(assistantId)
    const follow = (parentId: string, thread: string | null = threadId) =>
      world.beginTurn(assistantId, token, { threadId: thread, parentId })
    expect(await follow(userMessageId)).toMatchObject(conflict)
    expect(await follow(other.messageId)).toMatchObject(missing)
    expect(await follow(randomUUID())).toMatchObject(missing)
    expect(await follow(other.messageId, null)).toMatchObject(missing)
    expect(await world.readRows(assistantId)).toEqual(before)

    const [system] = await world.sql<{ id: string }[]>`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, content)
      select thread_id, session_id, assistant_id, parent_id, 'system', 'Be brief.' from loacl.messages where id = ${userMessageId}
      returning id
    `
    const [{ latest }] = (await world.sql`
      select id as latest from loacl.messages where thread_id = ${other.threadId} order by seq desc limit 1
    `) as unknown as [{ latest: string }]
    expect(await follow(latest)).toMatchObject(missing)
    expect(await follow(system!.id, other.threadId)).toMatchObject(missing)
  })
})
