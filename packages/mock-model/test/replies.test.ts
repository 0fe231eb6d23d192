import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createReplies, startMockModel, type AnsweredCall, type MockModel, type Reply } from '../src/index.ts'

let model: MockModel
let openai: OpenAI

beforeAll(async () => {
  model = await startMockModel(createReplies())
  openai = new OpenAI({ apiKey: 'sk-any', baseURL: model.url, maxRetries: 0 })
})
afterAll(() => model.stop())

const script = (text: string, reply: Reply) =>
  fetch(new URL('/script', model.url), { method: 'POST', body: JSON.stringify([[text, reply]]) })
const readCalls = async (text: string): Promise<AnsweredCall[]> =>
  (await (await fetch(new URL(`/calls?${new URLSearchParams({ text })}`, model.url))).json()) as AnsweredCall[]
const ask = (text: string) =>
  openai.responses.create({ model: 'gpt-6-luna', stream: true, input: [{ role: 'user', content: text }] })
const typesOf = async (text: string): Promise<string[]> => {
  const types: string[] = []
  for await (const { type } of await ask(text)) types.push(type)
  return types
}

it('holds an answer until it is scripted anew', async () => {
  await script('Hold', { text: 'One two three', holdAfter: 3 })
  let said = ''
  for await (const event of await ask('Hold')) {
    if (event.type !== 'response.output_text.delta') continue
    if (said === '') await script('Hold', { text: 'One two three' })
    said += event.delta
  }
  expect(said).toBe('One two three')
  await expect.poll(() => readCalls('Hold')).toMatchObject([{ key: 'sk-any', history: [], state: 'finished' }])
})

it('lets a caller go who leaves an answer that is held', async () => {
  await script('Leave', { text: 'One two three', holdAfter: 3 })
  const stream = await ask('Leave')
  for await (const event of stream) if (event.type === 'response.output_text.delta') break
  stream.controller.abort()
  await expect.poll(() => readCalls('Leave')).toMatchObject([{ state: 'dropped' }])
  expect((await fetch(new URL('/script', model.url), { method: 'POST', body: '[]' })).ok).toBe(true)
})

it('cuts an answer, ends one early, and refuses one', async () => {
  await script('Cut', { text: 'One two three', cutAfter: 3 })
  await expect(typesOf('Cut')).rejects.toThrow('terminated')
  await script('Short', { text: 'One', incomplete: 'max_output_tokens' })
  expect((await typesOf('Short')).at(-1)).toBe('response.incomplete')
  await script('Refuse', { status: 429 })
  await expect(typesOf('Refuse')).rejects.toMatchObject({ status: 429 })
})

it.each(['/responses', '/chat/completions'])('calls tools step by step, and then answers: %s', async (path) => {
  await script('Call', {
    calls: [
      [
        { name: 'one', id: 'c1', arguments: { a: 1 } },
        { name: 'two', id: 'c2' },
      ],
    ],
    text: 'Done',
  })
  const asked = { role: 'user', content: 'Call' }
  const isChat = path !== '/responses'
  const tell = async (items: object[]) => {
    const body = JSON.stringify({ model: 'm', stream: true, [isChat ? 'messages' : 'input']: [asked, ...items] })
    return (await fetch(`${model.url}${path}`, { method: 'POST', body })).text()
  }
  const first = await tell([])
  for (const word of ['"one"', '"two"', 'c1', 'c2', String.raw`{\"a\":1}`]) expect(first).toContain(word)
  expect(first).not.toContain('Done')
  const result = isChat
    ? { role: 'tool', tool_call_id: 'c1', content: '1' }
    : { type: 'function_call_output', call_id: 'c1', output: '1' }
  expect(await tell([result, result])).toContain('Done')
})
