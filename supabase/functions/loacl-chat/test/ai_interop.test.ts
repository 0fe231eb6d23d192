import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import { expect, it } from 'vitest'
import { answering, created, failed, textDelta } from '../../_shared/test/scripted_model.ts'
import { createChatWorld, PUBLISHABLE_KEY } from './chat_world.ts'

/** The transport that `useChat` uses, pointed at the function. */
function transportTo(world: Awaited<ReturnType<typeof createChatWorld>>) {
  return new DefaultChatTransport<UIMessage>({
    api: '/turns',
    headers: { apikey: PUBLISHABLE_KEY, 'x-loacl-session': world.session },
    prepareSendMessagesRequest: () => ({ body: world.message() }),
    prepareReconnectToStreamRequest: ({ id }) => ({ api: `/turns/${id}` }),
    fetch: (path, init) => world.request(String(path), init),
  })
}

const USER: UIMessage = { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
const SEND = {
  chatId: 'c',
  messages: [USER],
  messageId: undefined,
  trigger: 'submit-message',
  abortSignal: undefined,
} as const

async function lastMessage(stream: Parameters<typeof readUIMessageStream>[0]['stream']): Promise<UIMessage> {
  let last: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) last = message
  return last!
}

it('is read by the ai package, sent and resumed', async () => {
  const world = await createChatWorld(answering('Grüße, ', '世界 👋'))
  const transport = transportTo(world)
  const sent = await lastMessage(await transport.sendMessages({ ...SEND, messages: [USER] }))
  const [turn] = world.store.turns.values()
  expect(sent.id).toBe(turn!.messageId)
  expect(sent.parts.filter((part) => part.type === 'text')).toMatchObject([{ text: 'Grüße, 世界 👋', state: 'done' }])
  expect(sent.parts.map((part) => part.type)).toEqual([
    'data-turn',
    'text',
    'data-answer-complete',
    'data-follow-ups',
    'data-title',
  ])
  const resumed = await lastMessage((await transport.reconnectToStream({ chatId: turn!.id }))!)
  expect(resumed.id).toBe(sent.id)
  expect(resumed.parts.filter((part) => part.type === 'text')).toMatchObject([{ text: 'Grüße, 世界 👋' }])
})

it('ends in an error that the ai package knows as one', async () => {
  const world = await createChatWorld([created, textDelta('Hal'), failed('model_unavailable')])
  const stream = await transportTo(world).sendMessages({ ...SEND, messages: [USER] })
  await expect(lastMessage(stream)).rejects.toThrow("The model can't be reached at the moment.")
})

it('explains a refusal to the ai package', async () => {
  const world = await createChatWorld(answering('Hi'))
  const transport = new DefaultChatTransport<UIMessage>({
    api: '/turns',
    fetch: (path, init) => world.request(String(path), init),
  })
  await expect(transport.sendMessages({ ...SEND, messages: [USER] })).rejects.toThrow('assistantId')
})
