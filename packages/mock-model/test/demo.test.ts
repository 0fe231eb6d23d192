import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemo, MARKERS, MOCK_MODEL_NOTICE, startMockModel, type MockModel } from '../src/index.ts'

// Read by OpenAI's own client: what it takes for a provider's answer is one.
let model: MockModel
let openai: OpenAI

beforeAll(async () => {
  model = await startMockModel(createDemo('quick'))
  openai = new OpenAI({ apiKey: 'any', baseURL: model.url, maxRetries: 0 })
})
afterAll(() => model.stop())

const ask = (question: string, signal?: AbortSignal) =>
  openai.responses.create(
    { model: 'gpt-6-luna', stream: true, store: false, input: [{ role: 'user', content: question }] },
    signal ? { signal } : undefined,
  )

async function read(question: string): Promise<string> {
  let text = ''
  for await (const event of await ask(question)) if (event.type === 'response.output_text.delta') text += event.delta
  return text
}

describe('the mock model of the demo', () => {
  it('says what it is, and answers different questions differently, in Markdown', async () => {
    const answers = await Promise.all(
      ['How long does delivery take?', 'Can I return it?', 'Which lamp for my desk?', 'How do I dim it by code?'].map(
        read,
      ),
    )
    for (const answer of answers) expect(answer).toContain(MOCK_MODEL_NOTICE)
    expect(new Set(answers).size).toBe(answers.length)
    const all = answers.join('\n')
    for (const mark of [/^#{2,3} /m, /^- /m, /^\d\. /m, /^\|.*\|$/m, /^```js$/m, /\]\(https:/, /^> /m, /\*\*.+?\*\*/])
      expect(all).toMatch(mark)
    expect(await read('How long does delivery take?')).toBe(answers[0])
  })

  it('says what it was given of files, by name, type and size, in either format, and no more', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(1_234).toString('base64')}`
    const pdf = `data:application/pdf;base64,${Buffer.alloc(20).toString('base64')}`
    const [text, question] = ['<file name="a|b.txt">\nÄ lamp\n</file>', 'What are these?']
    const response = await openai.responses.create({
      model: 'gpt-6-luna',
      stream: true,
      input: [
        { role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: 'data:image/gif;base64,AAAA' }] },
        { role: 'assistant', content: 'I see.' },
        { role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: url }] },
        { role: 'user', content: [{ type: 'input_file', filename: 'invoice.pdf', file_data: pdf }] },
        { role: 'user', content: text },
        { role: 'user', content: question },
      ],
    })
    const completions = await openai.chat.completions.create({
      model: 'gpt-6-luna',
      stream: true,
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
        { role: 'user', content: [{ type: 'file', file: { filename: 'invoice.pdf', file_data: pdf } }] },
        { role: 'user', content: text },
        { role: 'user', content: question },
      ],
    })
    const said = ['', '']
    for await (const event of response) if (event.type === 'response.output_text.delta') said[0] += event.delta
    for await (const { choices } of completions) said[1] += choices[0]?.delta.content ?? ''
    expect(said[0]).toBe(said[1])
    expect(said[0]).toContain(MOCK_MODEL_NOTICE)
    expect(said[0]!.match(/^\|.*\|$/gm)!.slice(2)).toEqual([
      '| a picture | image/png | 1,234 bytes |',
      '| invoice.pdf | application/pdf | 20 bytes |',
      '| a\\|b.txt | text/plain | 7 bytes |',
    ])
  })

  it('counts tokens and ends as the provider does', async () => {
    const types: string[] = []
    let usage: OpenAI.Responses.ResponseUsage | undefined
    for await (const event of await ask('Hello')) {
      types.push(event.type)
      if (event.type === 'response.completed') usage = event.response.usage
    }
    expect(types[0]).toBe('response.created')
    expect(types.at(-1)).toBe('response.completed')
    expect(usage?.output_tokens).toBeGreaterThan(10)
    expect(usage?.input_tokens).toBeGreaterThan(0)
  })

  it('answers the structured call with JSON of the shape asked for', async () => {
    const response = await openai.responses.create({
      model: 'gpt-6-luna',
      input: [
        { role: 'user', content: 'How long does delivery take?' },
        { role: 'assistant', content: 'Two days.' },
      ],
      text: { format: { type: 'json_schema', name: 'follow_ups', strict: true, schema: { type: 'object' } } },
    })
    const answer = JSON.parse(response.output_text) as { title: string; followUps: string[] }
    expect(answer.title).toBe('Delivery times and costs')
    expect(answer.followUps).toHaveLength(3)
  })

  it.each([
    [MARKERS.unauthorized, 401, 'invalid_api_key'],
    [MARKERS.rateLimited, 429, 'rate_limit_exceeded'],
    [MARKERS.serverError, 500, 'server_error'],
  ])('fails by %s as a provider does', async (marker, status, code) => {
    await expect(ask(`Please ${marker}`)).rejects.toMatchObject({ status, code })
  })

  it('says when to come back after too many requests', async () => {
    const error: unknown = await ask(MARKERS.rateLimited).catch((reason: unknown) => reason)
    expect(error instanceof APIError && error.headers?.get('retry-after')).toBe('7')
  })

  it('breaks off in the middle when told to', async () => {
    let text = ''
    const reading = (async () => {
      for await (const event of await ask(MARKERS.cut))
        if (event.type === 'response.output_text.delta') text += event.delta
    })()
    await expect(reading).rejects.toThrow('terminated')
    expect(text).not.toBe('')
  })

  it('keeps silent, then lets go of a caller who has left', async () => {
    const leaving = new AbortController()
    const asked = ask(MARKERS.silent, leaving.signal)
    leaving.abort()
    await expect(asked).rejects.toThrow('aborted')
  })

  it('repeats what it is told to', async () => {
    expect(await read(`${MARKERS.echo} # A *title*`)).toBe('# A *title*')
    expect((await read(MARKERS.long)).length).toBe(20_000)
  })

  it('reads the last message alone', async () => {
    const response = await openai.responses.create({
      model: 'gpt-6-luna',
      stream: true,
      input: [
        { role: 'user', content: MARKERS.serverError },
        { role: 'user', content: 'And now?' },
      ],
    })
    const types: string[] = []
    for await (const event of response) types.push(event.type)
    expect(types.at(-1)).toBe('response.completed')
  })

  it('remembers what it was asked', async () => {
    await read('Do you remember?')
    expect(JSON.stringify(model.calls.at(-1))).toContain('Do you remember?')
  })
})
