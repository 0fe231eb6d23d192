import { randomUUID } from 'node:crypto'
import { CHAT_FUNCTION, FUNCTIONS_PATH, type MessagePart, type NumberedPart, readParts } from '@loacl/wire'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { type MockModel, type Script, startMockModel } from '@loacl/mock-model'
import { newCaller } from '../../_shared/test/contract_visitor.ts'

const THOUGHT = 'Weighing anchors'
const THOUGHT_PART = { type: 'reasoning', text: THOUGHT }
const SAID = [
  { type: 'text', text: 'Well, ' },
  { type: 'text', text: 'ten kilos.' },
]
const REASONED = [SAID[0], THOUGHT_PART, SAID[1]]

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let sql: postgres.Sql

/** Says something, thinks, and goes on. */
const think: Script = (say, response) => {
  say('Well, ')
  const event = { type: 'response.reasoning_summary_text.delta', item_id: 'rs', summary_index: 0, delta: THOUGHT }
  response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  say('ten kilos.')
}

beforeAll(async () => {
  model = await startMockModel()
  model.script = think
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123' })
  sql = postgres(stack.dbUrl, { max: 1 })
})
afterAll(async () => {
  await sql.end()
  await stack.stop()
  model.stop()
})

const show = (shown: boolean) =>
  sql`update loacl.assistants set show_reasoning = ${shown} where id = ${stack.assistantId}`

/** A visitor who asks one thing, and all the ways in which its answer reaches them. */
async function ask() {
  const headers = {
    apikey: stack.publishableKey,
    'x-loacl-session': newCaller().sessionToken,
    'content-type': 'application/json',
  }
  const question = { type: 'message', assistantId: stack.assistantId, id: randomUUID(), threadId: null, text: 'How?' }
  const read = async (path: string, body?: object): Promise<NumberedPart[]> => {
    const response = await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, {
      headers,
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    })
    expect(response.status).toBe(200)
    const parts: NumberedPart[] = []
    for await (const part of readParts(response.body!)) parts.push(part)
    return parts
  }
  const rpc = async (name: string, args: object) => {
    const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/${name}`, {
      method: 'POST',
      headers: { ...headers, 'content-profile': 'loacl' },
      body: JSON.stringify(args),
    })
    expect(response.status).toBe(200)
    return await response.json()
  }
  const live = await read('/turns', question)
  const part = live.find((numbered) => numbered.part.type === 'data-turn')!.part
  if (part.type !== 'data-turn') throw new Error('No turn.')
  const { turnId, threadId } = part.data
  return {
    turnId,
    live,
    /** Each exit, read now. */
    exits: async () => ({
      follow: await read(`/turns/${turnId}`),
      followFrom: await read(`/turns/${turnId}?after=3`),
      sentAgain: await read('/turns', question),
      list: (await rpc('list_messages', { thread_id: threadId })).items[0].parts as MessagePart[],
      export: (await rpc('export_visitor_data', {})).threads[0].messages[1].parts as MessagePart[],
    }),
    /** What happens to a turn's parts some minutes after its end. */
    purge: () => sql`delete from loacl_private.turn_chunks where turn_id = ${turnId}`,
  }
}

const thoughts = (parts: NumberedPart[]) =>
  parts.map(({ part }) => (part.type === 'reasoning-delta' ? part.delta : '')).join('')

it('goes no way to a visitor where the assistant does not show it, and is not asked for', async () => {
  await show(false)
  const { live, exits, purge } = await ask()
  expect(model.calls.at(-1)).not.toHaveProperty('reasoning')
  const told = [live, await exits(), await purge(), await exits()]
  expect(JSON.stringify(told)).not.toMatch(/Weighing|reasoning/)
  expect((await exits()).list.map((part) => 'text' in part && part.text).join('')).toBe('Well, ten kilos.')
})

it('comes every way where the assistant shows it, and none from when that is switched off on', async () => {
  await show(true)
  const { live, exits, purge } = await ask()
  expect(model.calls.at(-1)).toMatchObject({ reasoning: { summary: 'auto' } })

  const expectShown = async () => {
    const { list, export: exported, ...streams } = await exits()
    expect([list, exported]).toEqual([REASONED, REASONED])
    for (const parts of Object.values(streams)) expect(thoughts(parts)).toBe(THOUGHT)
  }
  const expectHidden = async () => {
    const { list, export: exported, ...streams } = await exits()
    expect([list, exported]).toEqual([SAID, SAID])
    expect(JSON.stringify(streams)).not.toMatch(/Weighing|reasoning/)
    // The rest is all there, and each reader gets an end.
    for (const parts of Object.values(streams)) expect(parts.at(-1)!.part.type).toBe('finish')
    expect(streams.follow.map(({ part }) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(
      'Well, ten kilos.',
    )
  }

  expect(thoughts(live)).toBe(THOUGHT)
  await expectShown()
  await show(false)
  await expectHidden()
  await purge()
  await expectHidden()
  await show(true)
  await expectShown()
})
