import type { FileUIPart } from 'ai'
import { describe, expect, it } from 'vitest'
import { createChatTransport, loadMessages, type ChatMessage } from '../src/ai/index.ts'
import { createClient } from '../src/index.ts'
import { createTestProject } from '../src/testing/index.ts'

const LIMITS = { types: ['text/plain'], maxBytes: 1_000, maxFiles: 2 } as const

function setUp() {
  const project = createTestProject({ assistant: { files: LIMITS } })
  const client = createClient({ ...project, storage: 'memory' })
  const transport = createChatTransport(client)
  const chatId = crypto.randomUUID()
  const send = async (message: ChatMessage, abortSignal?: AbortSignal) => {
    const trigger = 'submit-message'
    const stream = await transport.sendMessages({
      trigger,
      chatId,
      messageId: undefined,
      messages: [message],
      abortSignal,
    })
    for await (const _ of stream);
  }
  const count = (name: string) => project.requests.filter((request) => request.name === name).length
  return { project, client, send, count, history: () => loadMessages(client, chatId) }
}

const asked = (...files: FileUIPart[]): ChatMessage => ({
  id: 'm1',
  role: 'user',
  parts: [...files, { type: 'text', text: 'See' }],
})
const NOTES: FileUIPart = {
  type: 'file',
  mediaType: 'text/plain',
  filename: 'notes.txt',
  url: `data:text/plain;base64,${btoa('Shopping: milk')}`,
}

describe('files of useChat', () => {
  it('are uploaded before the turn, and come back as parts that name them', async () => {
    const { project, client, send, history } = setUp()
    await send(asked(NOTES, { ...NOTES, filename: 'ä.txt', url: 'data:,Gr%C3%BC%C3%9Fe' }))
    const [question] = await history()
    expect(question).toMatchObject({
      id: 'm1',
      parts: [
        { type: 'file', mediaType: 'text/plain', filename: 'notes.txt', url: expect.stringMatching(/^loacl-file:/) },
        { type: 'file', filename: 'ä.txt' },
        { type: 'text', text: 'See' },
      ],
    })
    const texts = question!.parts.flatMap((part) => (part.type === 'file' ? part.url.slice('loacl-file:'.length) : []))
    const links = await Promise.all(texts.map((id) => client.files.link(id)))
    const bytes = await Promise.all(links.map(async ({ url }) => await (await project.fetch(url)).text()))
    expect(bytes).toEqual(['Shopping: milk', 'Grüße'])
  })

  it('that are uploaded already are taken by their ids', async () => {
    const { client, send, count, history } = setUp()
    const { id } = await client.files.upload(new File(['Hi'], 'hi.txt', { type: 'text/plain' }))
    const part: FileUIPart = { type: 'file', mediaType: 'text/plain', filename: 'hi.txt', url: `loacl-file:${id}` }
    await send(asked(part))
    expect(count('POST files')).toBe(1)
    expect((await history())[0]!.parts[0]).toEqual(part)
  })

  it('are uploaded once where their message is sent again', async () => {
    const { project, send, count } = setUp()
    project.fail('rate_limited', { at: 'POST turns' })
    await expect(send(asked(NOTES))).rejects.toMatchObject({ code: 'rate_limited' })
    await send(asked(NOTES))
    expect([count('POST turns'), count('POST files')]).toEqual([2, 1])
  })

  it.each<[string, string, FileUIPart]>([
    ['invalid_body', 'another site’s', { ...NOTES, url: 'https://example.com/a.txt' }],
    ['invalid_body', 'a damaged one', { ...NOTES, url: 'data:text/plain;base64,%%%' }],
    [
      'file_type_not_allowed',
      'one of a type that is not taken',
      { ...NOTES, filename: 'a.zip', mediaType: 'application/zip' },
    ],
  ])('are refused with %s: %s', async (code, _, part) => {
    const { send, count } = setUp()
    const message = expect.stringMatching(/^[A-Z].*\.$/)
    await expect(send(asked(part))).rejects.toMatchObject({ code, message })
    expect([count('POST turns'), count('POST files')]).toEqual([0, 0])
  })

  it('that the page calls off are a stop, and no error', async () => {
    const { send, count } = setUp()
    const controller = new AbortController()
    const sending = send(asked(NOTES), controller.signal)
    controller.abort()
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
    expect(count('POST turns')).toBe(0)
  })
})
