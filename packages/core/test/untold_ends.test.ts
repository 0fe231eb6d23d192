import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { message, messagePage, question, settle, streaming } from './support/followed_thread.ts'
import {
  answered,
  begun,
  complete,
  fakeProject,
  finish,
  functionError,
  IDS,
  partStream,
  text,
} from './support/project.ts'
import { clientOf, messagesOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const away = () => functionError(503, 'database_unavailable')
const asked = { ...question, content: 'Hi', clientId: null }
const abandoned = message(IDS.messageId, 'Hel', { status: 'failed', errorCode: 'turn_abandoned' })

/** A thread whose answer was broken off, by a project that stayed away for as long as anybody waits. */
async function breakOff() {
  const first = partStream().send(...begun(), text('Hel'))
  const project = fakeProject()
    .on(
      'POST turns',
      first.answer,
      answered('Next.', { turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }).answer,
    )
    .on('GET turns/turn-1', away)
  const client = clientOf(project)
  const thread = client.threads.create()
  const turn = thread.send('Hi')
  await settle()
  first.cut()
  for (let seconds = 0; seconds < 60; seconds++) await settle()
  expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'database_unavailable' } })
  expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant failed "Hel"'])
  return { project, client, thread }
}

describe('an answer whose end was not told', () => {
  it('is shown as it is stored once something else is asked', async () => {
    const { project, thread } = await breakOff()
    const next = message('answer-2', 'Next.')
    const asking = { ...question, id: 'user-2', content: 'And now?' }
    project.on('POST rpc/list_messages', () => messagePage([next, asking, abandoned, asked]))
    expect(await thread.send('And now?').text()).toBe('Next.')
    await settle()
    const { messages, turn } = thread.getSnapshot()
    expect(turn).toEqual({ status: 'idle' })
    expect(messages.map(({ errorCode }) => errorCode)).toEqual([null, 'turn_abandoned', null, null])
  })

  it('is followed again by who tries again, which asks nothing else', async () => {
    const { project, thread } = await breakOff()
    project.on(
      'GET turns/turn-1',
      partStream()
        .send(...begun(), text('Hel'), text('lo'), complete(), finish)
        .done().answer,
    )
    expect(await thread.retry().text()).toBe('Hello')
    await settle()
    expect(project.named('POST rpc/list_messages')).toEqual([])
  })

  it('is shown as it is stored when the thread is loaded again, with nothing to try again', async () => {
    const { project, thread } = await breakOff()
    project.on(
      'POST rpc/list_messages',
      () => messagePage([streaming, asked], { activeTurnId: IDS.turnId }),
      () => messagePage([message(IDS.messageId, 'Hello'), asked]),
    )
    await thread.load()
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed' })
    await thread.load()
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
  })
})
