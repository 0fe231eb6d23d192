import { readUIMessageStream, type UIMessageChunk } from 'ai'
import { describe, expect, it } from 'vitest'
import { createChatTransport, loadMessages, type ChatMessage } from '../src/ai/index.ts'
import { message, messagePage, question, summary, THREAD } from './support/followed_thread.ts'
import { begun, complete, fakeProject, functionError, IDS, json, partStream, text } from './support/project.ts'
import { clientOf } from './support/watch.ts'

const CHAT = 'Xq3zV0Lr8bNmKd2T'
const asked = (id: string, words = 'Where is it?'): ChatMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text: words }],
})
const submit = (messages: ChatMessage[], abortSignal?: AbortSignal) =>
  ({ trigger: 'submit-message', chatId: CHAT, messageId: undefined, messages, abortSignal }) as const
const regenerate = (messages: ChatMessage[]) =>
  ({ trigger: 'regenerate-message', chatId: CHAT, messageId: undefined, messages, abortSignal: undefined }) as const

const unknown = () => fakeProject().on('POST rpc/find_thread', () => json(null))
const stored = (...items: ReturnType<typeof message>[]) =>
  fakeProject()
    .on('POST rpc/find_thread', () => json(summary()))
    .on('POST rpc/list_messages', () => messagePage(items))

async function chunksOf(stream: ReadableStream<UIMessageChunk>): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe('the transport of useChat', () => {
  it('begins a conversation under the ids of the page, and asks but once whether it has begun', async () => {
    const one = partStream()
    const two = partStream()
    const project = unknown().on('POST turns', one.answer, two.answer)
    const transport = createChatTransport(clientOf(project))
    one.send(...begun(), text('Here'), complete(), { type: 'finish' }).done()
    two.send(...begun({ userMessageId: 'user-2', messageId: 'answer-2' }), complete({ messageId: 'answer-2' })).send({
      type: 'finish',
    })
    two.done()
    expect(await chunksOf(await transport.sendMessages(submit([asked('m1')])))).toMatchObject([
      { type: 'start', messageId: IDS.messageId },
      { type: 'text-start' },
      { type: 'text-delta', delta: 'Here' },
      { type: 'text-end' },
      { type: 'finish', finishReason: 'stop', messageMetadata: { author: 'assistant', status: 'completed' } },
    ])
    await chunksOf(await transport.sendMessages(submit([asked('m1'), asked('m2', 'And now?')])))
    expect(project.named('POST rpc/find_thread').map(({ body }) => body)).toEqual([{ id: CHAT }])
    expect(project.named('POST turns').map(({ body }) => body)).toMatchObject([
      { id: 'm1', text: 'Where is it?', threadId: null, clientThreadId: CHAT },
      { id: 'm2', text: 'And now?', threadId: THREAD, clientThreadId: CHAT },
    ])
  })

  it('is read by the ai package, with reasoning, sources and follow-ups', async () => {
    const stream = partStream()
    const project = unknown().on('POST turns', stream.answer)
    const suggestions = [{ id: 's1', suggestion: 'And then?', used: false }]
    const citations = [
      { start: 0, end: 2 },
      { start: 0, end: 4, quote: 'It is here.' },
    ]
    stream.send(
      ...begun(),
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
      { type: 'reasoning-end', id: 'r' },
      text('Here'),
      { type: 'source-url', sourceId: 'u', url: 'https://a.test/', title: 'A', citations: [{ start: 0, end: 2 }] },
      { type: 'source-url', sourceId: 'u', url: 'https://a.test/', title: 'A', citations },
      complete(),
      { type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } },
      { type: 'data-title', data: { threadId: THREAD, title: 'Parcels' } },
      { type: 'finish' },
    )
    stream.done()
    let last: ChatMessage | undefined
    const sent = await createChatTransport(clientOf(project)).sendMessages(submit([asked('m1')]))
    for await (const one of readUIMessageStream<ChatMessage>({ stream: sent, terminateOnError: true })) last = one
    expect(last).toMatchObject({
      id: IDS.messageId,
      metadata: { status: 'completed' },
      parts: [
        { type: 'reasoning', text: 'Hm.', state: 'done' },
        { type: 'text', text: 'Here', state: 'done' },
        { type: 'source-url', sourceId: 'u', url: 'https://a.test/' },
        // As it was last told.
        { type: 'data-citations', id: 'u', data: { sourceId: 'u', citations } },
        { type: 'data-follow-ups', data: { suggestions } },
      ],
    })
  })

  it('stops the turn at the server when it is aborted, and sends the next message when that has ended', async () => {
    const one = partStream()
    const two = partStream()
    const project = unknown()
      .on('POST turns', one.answer, two.answer)
      .on(`POST turns/${IDS.turnId}/stop`, () => json({ state: 'running' }, 202))
    const transport = createChatTransport(clientOf(project))
    const aborting = new AbortController()
    one.send(...begun(), text('He'))
    const reader = (await transport.sendMessages(submit([asked('m1')], aborting.signal))).getReader()
    while ((await reader.read()).value?.type !== 'text-delta');
    aborting.abort()
    await expect.poll(() => project.named(`POST turns/${IDS.turnId}/stop`)).toHaveLength(1)
    const next = transport.sendMessages(submit([asked('m2', 'Next')]))
    one.send(complete({ status: 'stopped' }), { type: 'abort' }).done()
    two
      .send(...begun({ userMessageId: 'u2', messageId: 'a2' }), complete({ messageId: 'a2' }), { type: 'finish' })
      .done()
    expect((await chunksOf(await next)).at(-1)).toMatchObject({ type: 'finish' })
  })

  it('fails in words, and tries again under the same id', async () => {
    const stream = partStream()
    const project = unknown().on(
      'POST turns',
      () => functionError(429, 'rate_limited', { retryAfterMs: 5 }),
      stream.answer,
    )
    const transport = createChatTransport(clientOf(project))
    const failing = chunksOf(await transport.sendMessages(submit([asked('m1')])))
    await expect(failing).rejects.toMatchObject({ code: 'rate_limited', message: 'For people.', retryAfterMs: 5 })
    stream.send(...begun(), text('Here'), complete(), { type: 'finish' }).done()
    await chunksOf(await transport.sendMessages(regenerate([asked('m1')])))
    expect(project.named('POST turns').map(({ body }) => body['id'])).toEqual(['m1', 'm1'])
  })

  it.each(['thread_not_found', 'session_expired'])(
    'begins another conversation under its id once the server has said %s',
    async (code) => {
      const stream = partStream()
      const project = fakeProject()
        .on(
          'POST rpc/find_thread',
          () => json(summary()),
          () => json(null),
        )
        .on('POST turns', () => functionError(404, code), stream.answer)
      const transport = createChatTransport(clientOf(project))
      const failing = chunksOf(await transport.sendMessages(submit([asked('m1')])))
      await expect(failing).rejects.toMatchObject({ code })
      stream.send(...begun({ threadId: 'thread-2' }), complete(), { type: 'finish' }).done()
      await chunksOf(await transport.sendMessages(regenerate([asked('m1')])))
      expect(project.named('POST turns').at(-1)!.body).toMatchObject({ id: 'm1', threadId: null, clientThreadId: CHAT })
    },
  )

  it('gives a complete answer that is to be tried again back to the page, with the error', async () => {
    const suggestions = [{ id: 's1', suggestion: 'And then?', used: false }]
    const answer = message(IDS.messageId, 'Here', { suggestions })
    const project = stored(answer, question)
    const client = clientOf(project)
    const stream = await createChatTransport(client).sendMessages(regenerate([asked('of-tab-1')]))
    let last: ChatMessage | undefined
    const reading = (async () => {
      for await (const one of readUIMessageStream<ChatMessage>({ stream, terminateOnError: true })) last = one
    })()
    await expect(reading).rejects.toMatchObject({ code: 'already_answered' })
    expect(last).toEqual((await loadMessages(client, CHAT))[1])
  })

  it('says of an answer that moderation takes back that it is, and what is stored has nothing of it', async () => {
    const stream = partStream()
    const project = unknown()
      .on('POST turns', stream.answer)
      .on('POST rpc/list_messages', () => messagePage([withdrawn, question]))
    const withdrawn = message(IDS.messageId, '', { parts: [], status: 'failed', errorCode: 'output_flagged' })
    const client = clientOf(project)
    const error = { code: 'output_flagged' as const, message: 'This answer was withdrawn.', requestId: 'r' }
    stream.send(...begun(), text('Poison'), ...begun(), complete({ status: 'failed' }), {
      type: 'data-error',
      data: error,
    })
    stream.send({ type: 'error', errorText: error.message }).done()
    const sent = await createChatTransport(client).sendMessages(submit([asked('m1')]))
    let last: ChatMessage | undefined
    const reading = (async () => {
      for await (const one of readUIMessageStream<ChatMessage>({ stream: sent, terminateOnError: true })) last = one
    })()
    await expect(reading).rejects.toMatchObject({ code: 'output_flagged' })
    expect(last).toMatchObject({ id: IDS.messageId, metadata: { status: 'failed', errorCode: 'output_flagged' } })
    expect(await loadMessages(client, CHAT)).toMatchObject([{}, { id: IDS.messageId, parts: [] }])
  })

  it('has words of its own for what the client finds out', async () => {
    const project = stored(message(IDS.messageId, 'Here'), question)
    const transport = createChatTransport(clientOf(project))
    const again = chunksOf(await transport.sendMessages(regenerate([asked('of-tab-1')])))
    await expect(again).rejects.toMatchObject({
      code: 'already_answered',
      message: expect.stringMatching(/^This .*\.$/),
    })
    const file = { ...asked('m2'), parts: [{ type: 'file' as const, mediaType: 'image/png', url: 'data:,' }] }
    await expect(transport.sendMessages(submit([file]))).rejects.toMatchObject({
      code: 'files_unsupported',
      message: 'Files can’t be sent here.',
    })
    expect(project.named('POST turns')).toEqual([])
  })

  it('resumes nothing where nothing runs', async () => {
    expect(await createChatTransport(clientOf(unknown())).reconnectToStream({ chatId: CHAT })).toBeNull()
    const project = stored(message(IDS.messageId, 'Here'), question)
    expect(await createChatTransport(clientOf(project)).reconnectToStream({ chatId: CHAT })).toBeNull()
  })

  it('resumes a turn from its start; another resume, as under Strict Mode, leaves it running, and a stop ends it', async () => {
    const running = partStream()
    const project = fakeProject()
      .on('POST rpc/find_thread', () => json(summary()))
      .on('POST rpc/list_messages', () =>
        messagePage([message(IDS.messageId, '', { status: 'streaming', parts: [] }), question], {
          activeTurnId: IDS.turnId,
        }),
      )
      .on(`GET turns/${IDS.turnId}`, running.answer)
      .on(`POST turns/${IDS.turnId}/stop`, () => json({ state: 'running' }, 202))
    const transport = createChatTransport(clientOf(project))
    running.send(...begun(), text('He'))
    const [first, second] = [new AbortController(), new AbortController()]
    const one = transport.reconnectToStream({ chatId: CHAT, abortSignal: first.signal })
    first.abort()
    const two = transport.reconnectToStream({ chatId: CHAT, abortSignal: second.signal })
    expect(await one).toBeNull()
    const reader = (await two)!.getReader()
    expect((await reader.read()).value).toEqual({ type: 'start', messageId: IDS.messageId })
    while ((await reader.read()).value?.type !== 'text-delta');
    expect(project.named(`POST turns/${IDS.turnId}/stop`)).toEqual([])
    second.abort()
    await expect.poll(() => project.named(`POST turns/${IDS.turnId}/stop`)).toHaveLength(1)
  })
})

describe('the history of useChat', () => {
  it('is what was said, under the ids that the page gave, without an answer that is being written', async () => {
    const answer = message(IDS.messageId, 'Here', { suggestions: [{ id: 's1', suggestion: 'And then?', used: false }] })
    const project = stored(message('answer-2', '', { status: 'streaming', parts: [] }), answer, question)
    expect(await loadMessages(clientOf(project), CHAT)).toMatchObject([
      { id: 'of-tab-1', role: 'user', parts: [{ type: 'text', text: 'Where is it?' }] },
      {
        id: IDS.messageId,
        role: 'assistant',
        metadata: { author: 'assistant', status: 'completed' },
        parts: [{ type: 'text', text: 'Here' }, { type: 'data-follow-ups' }],
      },
    ])
  })

  it('is empty for a chat that has not begun', async () => {
    const project = unknown()
    expect(await loadMessages(clientOf(project), CHAT)).toEqual([])
    expect(project.named('POST rpc/list_messages')).toEqual([])
  })
})
