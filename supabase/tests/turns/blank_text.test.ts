import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { isBlank } from '../../../packages/wire/src/index.ts'
import { BLANK_TEXTS, VISIBLE_TEXTS } from '../../../packages/wire/test/blank_texts.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant({ settings: { messages_per_minute: null } }))
})
afterAll(() => world.close())

it('the database judges every code point as the functions do', async () => {
  const blank = await sql<{ code: number }[]>`
    select code from generate_series(1, 1114111) code
    where code not between 55296 and 57343 and loacl_private.is_blank(chr(code))
  `
  const expected = Array.from({ length: 0x10ffff }, (_, place) => place + 1).filter((code) =>
    isBlank(String.fromCodePoint(code)),
  )
  expect(expected.length).toBeGreaterThan(4000)
  expect(blank.map(({ code }) => code)).toEqual(expected)
})

it.each(Object.entries(BLANK_TEXTS))('a message of %s is empty, and begins nothing', async (_, text) => {
  const token = createToken()
  expect(await world.beginTurn(assistantId, token, { text })).toMatchObject({
    status: 400,
    body: { message: 'text_required' },
  })
  expect((await world.api.rpc('open_session', { assistant_id: assistantId }, { token })).body.threads.items).toEqual([])
})

it.each(Object.entries(VISIBLE_TEXTS))('a message that is %s is answered', async (_, text) => {
  const { status, body } = await world.beginTurn(assistantId, createToken(), { text })
  expect(status).toBe(200)
  expect(body.history).toMatchObject([{ content: text }])
})
