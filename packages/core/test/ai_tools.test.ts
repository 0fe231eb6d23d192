import { readUIMessageStream, type UIMessageChunk } from 'ai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createChatTransport, findThread, loadMessages, type ChatMessage } from '../src/ai/index.ts'
import { fakeProject, functionError, json, partStream, text } from './support/project.ts'
import {
  callAnswer,
  ending,
  outputOf,
  said,
  toldToWait,
  waitingCall,
  waitingPage,
  waits,
} from './support/waiting_calls.ts'
import { clientOf } from './support/watch.ts'

const one = waitingCall()
const two = waitingCall({ id: 'call-2' })
const CHAT = 'Xq3zV0Lr8bNmKd2T'
const QUESTION: ChatMessage = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Where is it?' }] }
const submit = (...messages: ChatMessage[]) =>
  ({ trigger: 'submit-message', chatId: CHAT, messageId: undefined, messages, abortSignal: undefined }) as const

/** The message that the ai package makes of a stream, going on with one where it is given. */
async function readBy(stream: ReadableStream<UIMessageChunk>, message?: ChatMessage): Promise<ChatMessage> {
  let last: ChatMessage | undefined
  const options = { stream, terminateOnError: true, ...(message && { message }) }
  for await (const next of readUIMessageStream<ChatMessage>(options as never)) last = next as ChatMessage
  return structuredClone(last!)
}

async function ask(calls = [one]) {
  const project = fakeProject()
    .on('POST rpc/find_thread', () => json(null))
    .on('POST turns', toldToWait(calls).answer)
  const client = clientOf(project)
  onTestFinished(() => client.dispose())
  const transport = createChatTransport(client)
  return { project, client, transport, answer: await readBy(await transport.sendMessages(submit(QUESTION))) }
}

/** As `addToolApprovalResponse` leaves a message. */
const responded = (message: ChatMessage, approved: boolean, reason?: string): ChatMessage => ({
  ...message,
  parts: message.parts.map((part) =>
    part.type === 'dynamic-tool' && part.state === 'approval-requested'
      ? {
          ...part,
          state: 'approval-responded',
          approval: { id: part.approval.id, approved, ...(reason && { reason }) },
        }
      : part,
  ),
})

it('useChat shows a call, and what it would do', async () => {
  const { answer } = await ask()
  expect(answer.parts).toMatchObject([
    { type: 'text', text: 'So far' },
    {
      type: 'dynamic-tool',
      toolCallId: 'call-1',
      state: 'approval-requested',
      input: { order: 17 },
      toolMetadata: { kind: 'server' },
      approval: { id: 'call-1' },
    },
  ])
})

it('what the visitor answers is sent, and the answer goes on where it was', async () => {
  const { project, transport, answer } = await ask([one, two])
  project
    .on('POST calls/call-1/decision', () => callAnswer('waiting', [{ ...one, status: 'denied' }, two]))
    .on('POST calls/call-2/decision', () => callAnswer('running'))
    .on(
      'GET turns/turn-1',
      partStream()
        .send(...said([one, two]), { type: 'tool-output-denied', toolCallId: 'call-1' }, outputOf('call-2'), ...ending)
        .done().answer,
    )
  const sent = responded(answer, false, 'Too dear.')
  const whole = await readBy(await transport.sendMessages(submit(QUESTION, sent)), sent)
  expect(project.named('POST calls').map(({ name, body }) => [name, body.approved, body.reason])).toEqual([
    ['POST calls/call-1/decision', false, 'Too dear.'],
    ['POST calls/call-2/decision', false, 'Too dear.'],
  ])
  expect(whole.parts).toMatchObject([
    { type: 'text', text: 'So far' },
    { toolCallId: 'call-1', state: 'output-denied' },
    { toolCallId: 'call-2', state: 'output-available' },
    { type: 'step-start' },
    { type: 'text', text: ', so good' },
  ])
  expect(whole.parts).toHaveLength(5)
  expect(whole.metadata).toMatchObject({ status: 'completed' })
})

it('what the page has made up is sent to nobody', async () => {
  const { project, transport, answer } = await ask()
  project.on('GET turns/turn-1', toldToWait([one]).answer)
  const [said_, part] = answer.parts
  const madeUp = {
    ...part,
    toolCallId: 'call-7',
    approval: { id: 'call-7', approved: true },
    state: 'approval-responded',
  }
  const message = { ...answer, parts: [said_!, madeUp] } as ChatMessage
  const whole = await readBy(await transport.sendMessages(submit(QUESTION, message)), message)
  expect(project.named('POST calls')).toEqual([])
  expect(whole.metadata).toMatchObject({ status: 'waiting' })
})

it('a call that waited before the page was loaded is answered as well', async () => {
  const { project, transport, client } = await ask()
  project
    .on('POST rpc/list_messages', () => waitingPage([one]))
    .on('POST calls/call-1/decision', () => callAnswer('running'))
    .on(
      'GET turns/turn-1',
      partStream()
        .send(...said([one]), outputOf('call-1'), ...ending)
        .done().answer,
    )
  const [, answer] = await loadMessages(client, CHAT)
  expect(answer!.parts.at(-1)).toMatchObject({ state: 'approval-requested' })
  const sent = responded(answer!, true)
  const whole = await readBy(await transport.sendMessages(submit(QUESTION, sent)), sent)
  expect(project.named('POST calls')[0]!.body).toMatchObject({ approved: true })
  expect(whole.parts.at(-1)).toMatchObject({ type: 'text', text: ', so good' })
})

/** A call that waits, in a page that knows it and follows it once more from its start. */
async function resuming() {
  const { project, transport, client } = await ask()
  const replay = partStream().send(...said([one]))
  const goesOn = partStream()
    .send(...said([one]), outputOf('call-1'), ...ending)
    .done().answer
  project
    .on('POST rpc/list_messages', () => waitingPage([one]))
    .on('POST calls/call-1/decision', () => callAnswer('running'))
    .on('POST turns/turn-1/stop', () => json({ state: 'running' }, 202))
    .on('GET turns/turn-1', replay.answer, goesOn)
  const [, answer] = await loadMessages(client, CHAT)
  const thread = await findThread(client, CHAT)
  thread.resume()
  expect(await transport.reconnectToStream({ chatId: CHAT })).not.toBeNull()
  return { project, transport, replay, sent: responded(answer!, true) }
}
const later = () => new Promise((resolve) => setTimeout(resolve))

describe('what the visitor answers while the page still resumes', () => {
  it('is sent once the answer has come to where it waits', async () => {
    const { project, transport, replay, sent } = await resuming()
    const sending = transport.sendMessages(submit(QUESTION, sent))
    await later()
    expect(project.named('POST calls')).toEqual([])
    replay.send(...waits([one])).done()
    const whole = await readBy(await sending, sent)
    expect(project.named('POST calls')[0]!.body).toMatchObject({ approved: true })
    expect(whole.parts.at(-1)).toMatchObject({ type: 'text', text: ', so good' })
  })

  it('is sent where the connection breaks off before that', async () => {
    const { project, transport, replay, sent } = await resuming()
    const sending = transport.sendMessages(submit(QUESTION, sent))
    await later()
    project.on('GET turns/turn-1', () => functionError(403, 'origin_not_allowed'))
    replay.cut()
    await expect.poll(() => project.named('POST calls').length, { timeout: 5_000 }).toBe(1)
    await sending
  })

  it('is shown as it goes on where another tab has answered', async () => {
    const { project, transport, replay, sent } = await resuming()
    const sending = transport.sendMessages(submit(QUESTION, sent))
    await later()
    replay.send(outputOf('call-1'), text('Done', 't2'))
    const reader = (await sending).getReader()
    let chunk: UIMessageChunk
    do chunk = (await reader.read()).value!
    while (chunk.type !== 'text-delta' || chunk.delta !== 'Done')
    expect(project.named('POST calls')).toEqual([])
  })

  it('is stopped at the server where the visitor stops it before it is sent', async () => {
    const { project, transport, sent } = await resuming()
    const stop = new AbortController()
    const sending = transport.sendMessages({ ...submit(QUESTION, sent), abortSignal: stop.signal })
    await later()
    stop.abort()
    await expect(sending).rejects.toBe(stop.signal.reason)
    await expect.poll(() => project.named('POST turns/turn-1/stop')).toHaveLength(1)
    expect(project.named('POST calls')).toEqual([])
  })

  it('is not taken back by what is resumed later', async () => {
    const { project, transport, answer } = await ask()
    const sent = responded(answer, true)
    project
      .on('POST calls/call-1/decision', () => callAnswer('running'))
      .on('POST rpc/list_messages', async () => {
        await expect.poll(() => project.named('POST calls')).toHaveLength(1)
        return waitingPage([one])
      })
      .on(
        'GET turns/turn-1',
        partStream()
          .send(...said([one]), outputOf('call-1'), ...ending)
          .done().answer,
      )
    const resumed = transport.reconnectToStream({ chatId: CHAT })
    const whole = await readBy(await transport.sendMessages(submit(QUESTION, sent)), sent)
    expect(await resumed).toBeNull()
    expect(whole.parts.at(-1)).toMatchObject({ type: 'text', text: ', so good' })
  })
})

it('a call that the page shows already is asked for no second time', async () => {
  const { project, transport, client } = await ask()
  project.on('POST rpc/list_messages', () => waitingPage([one])).on('GET turns/turn-1', toldToWait([one]).answer)
  await loadMessages(client, CHAT)
  expect(await transport.reconnectToStream({ chatId: CHAT })).toBeNull()
  // Decided elsewhere meanwhile, it is not what the page shows.
  project.on('POST rpc/list_messages', () => waitingPage([waitingCall({ status: 'approved' })]))
  expect(await transport.reconnectToStream({ chatId: CHAT })).not.toBeNull()
})
