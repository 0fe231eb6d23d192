import { readUIMessageStream, type UIMessageChunk } from 'ai'
import { describe, expect, it } from 'vitest'
import { createChatTransport, loadMessages, type ChatMessage } from '../src/ai/index.ts'
import { message, messagePage, question, summary, THREAD } from './support/followed_thread.ts'
import { answered, begun, fakeProject, functionError, IDS, json, partStream, text } from './support/project.ts'
import { clientOf } from './support/watch.ts'

const CHAT = 'Xq3zV0Lr8bNmKd2T'
const asked = (id: string, words = 'Where is it?'): ChatMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text: words }],
})
type Trigger = 'submit-message' | 'regenerate-message'
const ask = (trigger: Trigger, messages: ChatMessage[], messageId?: string) => ({
  trigger,
  chatId: CHAT,
  messageId,
  messages,
  abortSignal: undefined,
})

const stored = (...items: ReturnType<typeof message>[]) =>
  fakeProject()
    .on('POST rpc/find_thread', () => json(summary()))
    .on('POST rpc/list_messages', () => messagePage(items))

const whole = message(IDS.messageId, 'Here')
const OTHER = { turnId: 'turn-2', messageId: 'answer-2' }

async function read(stream: ReadableStream<UIMessageChunk>): Promise<ChatMessage | undefined> {
  let last: ChatMessage | undefined
  for await (const one of readUIMessageStream<ChatMessage>({ stream, terminateOnError: true })) last = one
  return last
}

const bodies = (project: ReturnType<typeof fakeProject>) => project.named('POST turns').map(({ body }) => body)

describe('regenerate of useChat', () => {
  it('makes another answer beside one that is complete, and again', async () => {
    const project = stored(whole, question).on(
      'POST turns',
      answered('There', OTHER).answer,
      answered('Elsewhere', { turnId: 'turn-3', messageId: 'answer-3' }).answer,
    )
    const transport = createChatTransport(clientOf(project))
    const one = await transport.sendMessages(ask('regenerate-message', [asked('of-tab-1')]))
    expect(await read(one)).toMatchObject({ id: 'answer-2', parts: [{ text: 'There' }] })
    await read(await transport.sendMessages(ask('regenerate-message', [asked('of-tab-1')], 'answer-2')))
    expect(bodies(project)).toMatchObject([
      { type: 'regenerate', threadId: THREAD, messageId: IDS.messageId },
      { type: 'regenerate', threadId: THREAD, messageId: 'answer-2' },
    ])
  })

  it('makes one of an earlier answer that is named', async () => {
    const later = message('user-2', 'And now?', { role: 'user', author: 'visitor', clientId: 'of-tab-2' })
    const project = stored(message('answer-9', 'Gone'), later, whole, question).on(
      'POST turns',
      answered('There', OTHER).answer,
    )
    const client = clientOf(project)
    const transport = createChatTransport(client)
    await read(await transport.sendMessages(ask('regenerate-message', [asked('of-tab-1')], IDS.messageId)))
    expect(bodies(project)).toMatchObject([{ type: 'regenerate', messageId: IDS.messageId }])
    expect(
      client.threads
        .get(THREAD)
        .getSnapshot()
        .messages.map(({ content }) => content),
    ).toEqual(['Where is it?', 'There'])
  })

  it('leaves what a person has said', async () => {
    const person = message('answer-9', 'I look.', { author: 'person' })
    const project = stored(whole, person, question).on('POST turns', answered('There', OTHER).answer)
    const transport = createChatTransport(clientOf(project))
    await read(await transport.sendMessages(ask('regenerate-message', [asked('of-tab-1')])))
    expect(bodies(project)).toMatchObject([{ type: 'regenerate', messageId: IDS.messageId }])
  })

  it.each(['stopped', 'cut', 'failed'] as const)('tries an answer again that was %s', async (status) => {
    const project = stored(message(IDS.messageId, 'He', { status }), question).on(
      'POST turns',
      answered('Here', OTHER).answer,
    )
    await read(
      await createChatTransport(clientOf(project)).sendMessages(ask('regenerate-message', [asked('of-tab-1')])),
    )
    expect(bodies(project)).toMatchObject([{ type: 'retry', id: 'of-tab-1' }])
  })

  it('gives the page its answer back where nothing comes in its place', async () => {
    const suggestions = [{ id: 's1', suggestion: 'And then?', used: false }]
    const project = stored({ ...whole, suggestions }, question).on('POST turns', () =>
      functionError(429, 'rate_limited'),
    )
    const client = clientOf(project)
    const stream = await createChatTransport(client).sendMessages(ask('regenerate-message', [asked('of-tab-1')]))
    let last: ChatMessage | undefined
    const reading = (async () => {
      for await (const one of readUIMessageStream<ChatMessage>({ stream, terminateOnError: true })) last = one
    })()
    await expect(reading).rejects.toMatchObject({ code: 'rate_limited' })
    expect(last).toEqual((await loadMessages(client, CHAT))[1])
  })
})

describe('an edit by useChat', () => {
  it('is a sibling of the message, and what follows refers to it under the page’s id', async () => {
    const edited = { userMessageId: 'user-2', ...OTHER }
    const project = stored(whole, question).on(
      'POST turns',
      answered('There', edited).answer,
      answered('Nowhere', { turnId: 'turn-3', userMessageId: 'user-3', messageId: 'answer-3' }).answer,
      answered('Everywhere', { turnId: 'turn-4', userMessageId: 'user-3', messageId: 'answer-4' }).answer,
    )
    const client = clientOf(project)
    const transport = createChatTransport(client)
    const edit = async (words: string) =>
      await read(await transport.sendMessages(ask('submit-message', [asked('of-tab-1', words)], 'of-tab-1')))
    expect(await edit('Where is she?')).toMatchObject({ id: 'answer-2' })
    await edit('Where is he?')
    await read(await transport.sendMessages(ask('regenerate-message', [asked('of-tab-1', 'Where is he?')])))
    expect(bodies(project)).toMatchObject([
      { type: 'edit', messageId: IDS.userMessageId, text: 'Where is she?' },
      { type: 'edit', messageId: 'user-2', text: 'Where is he?' },
      { type: 'regenerate', messageId: 'answer-3' },
    ])
    expect(
      client.threads
        .get(THREAD)
        .getSnapshot()
        .messages.map(({ content }) => content),
    ).toEqual(['Where is he?', 'Everywhere'])
  })

  it('that failed on its way is tried again under its id', async () => {
    const project = stored(whole, question).on(
      'POST turns',
      () => functionError(429, 'rate_limited'),
      answered('There', { userMessageId: 'user-2', ...OTHER }).answer,
    )
    const transport = createChatTransport(clientOf(project))
    const edited = asked('of-tab-1', 'Where is she?')
    const failing = read(await transport.sendMessages(ask('submit-message', [edited], 'of-tab-1')))
    await expect(failing).rejects.toMatchObject({ code: 'rate_limited' })
    await read(await transport.sendMessages(ask('regenerate-message', [edited])))
    const [one, two] = bodies(project)
    expect(two).toEqual(one)
    expect(one).toMatchObject({ type: 'edit', text: 'Where is she?' })
  })

  it('of a message that never arrived is that message', async () => {
    const project = fakeProject()
      .on('POST rpc/find_thread', () => json(null))
      .on('POST turns', () => functionError(429, 'rate_limited'), answered('Here').answer)
    const transport = createChatTransport(clientOf(project))
    const failing = read(await transport.sendMessages(ask('submit-message', [asked('m1')])))
    await expect(failing).rejects.toMatchObject({ code: 'rate_limited' })
    await read(await transport.sendMessages(ask('submit-message', [asked('m1', 'Where is she?')], 'm1')))
    expect(bodies(project)).toMatchObject([
      { type: 'message', id: 'm1' },
      { type: 'message', id: 'm1', text: 'Where is she?' },
    ])
  })

  it('of what is not there says so', async () => {
    const transport = createChatTransport(clientOf(stored(whole, question)))
    const editing = transport.sendMessages(ask('submit-message', [asked('m7', 'What?')], 'm7'))
    await expect(editing).rejects.toMatchObject({ code: 'message_not_found' })
  })
})

it('useChat stops what it has made another answer of', async () => {
  const stream = partStream().send(...begun(OTHER), text('The'))
  const project = stored(whole, question)
    .on('POST turns', stream.answer)
    .on('POST turns/turn-2/stop', () => json({ state: 'running' }, 202))
  const aborting = new AbortController()
  const asking = ask('regenerate-message', [asked('of-tab-1')])
  const sent = await createChatTransport(clientOf(project)).sendMessages({ ...asking, abortSignal: aborting.signal })
  const reader = sent.getReader()
  while ((await reader.read()).value?.type !== 'text-delta');
  aborting.abort()
  await expect.poll(() => project.named('POST turns/turn-2/stop')).toHaveLength(1)
})
