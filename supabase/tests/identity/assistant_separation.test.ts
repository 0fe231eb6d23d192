import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createChat, createSite, signIdentity, type Site } from './site.ts'

const stack = workerStack()
const world = createWorld(stack)
const chat = createChat(stack)

let here: Site
let there: Site
beforeAll(async () => {
  here = await createSite(world, stack)
  // Even one owner's assistants have visitors of their own.
  there = await createSite(world, stack, here.owner)
})
afterAll(() => world.close())

const open = (token: string, { assistantId }: Site) =>
  world.api.rpc('open_session', { assistant_id: assistantId }, { token, origin: 'https://site.test' })

it('nobody gets their session with one assistant by identifying under the same id to another', async () => {
  const token = await chat.identified(there, 'ada')
  const { threadId } = await world.converse(there.assistantId, token)
  const before = await world.sql`select * from loacl.sessions where assistant_id = ${there.assistantId}`

  const guest = createToken()
  const answer = await chat.identify(
    { token: guest },
    { assistantId: here.assistantId, newToken: token, identityToken: await signIdentity(here, 'ada') },
  )
  expect(answer).toMatchObject({ status: 409, body: { error: { code: 'id_conflict' } } })
  expect(await open(guest, here)).toMatchObject({ body: { visitor: { sessionId: null }, threads: { items: [] } } })
  expect(await world.sql`select * from loacl.sessions where assistant_id = ${there.assistantId}`).toEqual(before)
  expect((await open(token, there)).body.threads.items).toMatchObject([{ id: threadId }])
})
