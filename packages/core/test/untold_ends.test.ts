import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import {
  eventPage,
  known,
  message,
  messagePage,
  question,
  settle,
  streaming,
  watched,
} from './support/followed_thread.ts'
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
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

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

describe('a question of which this page was not told that it arrived', () => {
  it('is shown as it is stored once something else is asked', async () => {
    const project = fakeProject().on(
      'POST turns',
      away,
      answered('Next.', { turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }).answer,
    )
    const thread = clientOf(project).threads.create()
    const first = thread.send('Hi')
    for (let seconds = 0; seconds < 60; seconds++) await settle()
    expect(await first.done).toMatchObject({ status: 'failed' })
    const next = message('answer-2', 'Next.')
    const asking = { ...question, id: 'user-2', content: 'And now?' }
    const stored = { ...asked, clientId: first.id }
    project.on('POST rpc/list_messages', () => messagePage([next, asking, abandoned, stored]))
    expect(await thread.send('And now?').text()).toBe('Next.')
    await settle()
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user completed "Hi"',
      'assistant failed "Hel"',
      'user completed "And now?"',
      'assistant completed "Next."',
    ])
  })

  it('is shown where the next one was refused, or came through at a second try only', async () => {
    const project = fakeProject().on(
      'POST turns',
      away,
      () => functionError(400, 'message_too_long'),
      () => {
        throw new TypeError('Failed to fetch')
      },
      answered('Next.', { turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }).answer,
    )
    const thread = clientOf(project).threads.create()
    const first = thread.send('Hi')
    for (let seconds = 0; seconds < 60; seconds++) await settle()
    await first.done
    await thread.send('Far too long').done
    const asking = { ...question, id: 'user-2', content: 'And now?' }
    const stored = { ...asked, clientId: first.id }
    project.on('POST rpc/list_messages', () => messagePage([message('answer-2', 'Next.'), asking, abandoned, stored]))
    const next = thread.send('And now?')
    for (let seconds = 0; seconds < 5; seconds++) await settle()
    expect(await next.text()).toBe('Next.')
    expect(project.named('POST rpc/list_messages')).toHaveLength(1)
    expect(messagesOf(thread.getSnapshot()).slice(0, 2)).toEqual(['user completed "Hi"', 'assistant failed "Hel"'])
  })

  it('is looked for when the next answer has ended: nothing is put below one that is still coming', async () => {
    const next = partStream().send(...begun({ turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }))
    const project = fakeProject().on('POST turns', away, next.answer)
    project.on('POST rpc/list_messages', () => messagePage([]))
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    const turn = thread.send('And now?')
    next.send(text('Nex'))
    for (let seconds = 0; seconds < 3; seconds++) await settle()
    expect(project.named('POST rpc/list_messages')).toEqual([])
    next.send(complete(), finish).done()
    await turn.done
    await settle()
    expect(project.named('POST rpc/list_messages')).toHaveLength(1)
  })

  it('keeps its place, once, where the server does not have it', async () => {
    const project = fakeProject().on(
      'POST turns',
      away,
      answered('Next.', { turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }).answer,
    )
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    const asking = { ...question, id: 'user-2', content: 'And now?' }
    project.on('POST rpc/list_messages', () => messagePage([message('answer-2', 'Next.'), asking]))
    await thread.send('And now?').done
    await settle()
    expect(project.named('POST rpc/list_messages')).toHaveLength(1)
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user failed "Hi"',
      'user completed "And now?"',
      'assistant completed "Next."',
    ])
  })

  it('that was refused is not looked for', async () => {
    const project = fakeProject().on(
      'POST turns',
      () => functionError(400, 'message_too_long'),
      answered('Next.', { turnId: 'turn-2', userMessageId: 'user-2', messageId: 'answer-2' }).answer,
    )
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    expect(await thread.send('And now?').text()).toBe('Next.')
    await settle()
    expect(project.named('POST rpc/list_messages')).toEqual([])
  })
})

/** An answer that another tab has begun, in a project whose functions are away. */
async function follow() {
  const browser = fakeBrowser()
  const server = { isEnded: false }
  const project = known()
    .on('POST rpc/list_messages', () =>
      server.isEnded
        ? messagePage([message(IDS.messageId, 'Hello'), question], { lastEvent: 2 })
        : messagePage([streaming, question], { activeTurnId: IDS.turnId, lastEvent: 1 }),
    )
    .on('POST rpc/list_events', ({ body }) => {
      const last = server.isEnded ? 2 : 1
      return eventPage(Number(body.after) < last ? ['turn_changed'] : [], last)
    })
    .on('GET turns/turn-1', away)
  const { client, events } = browser.tab(project)
  const thread = await watched(client)
  const comeBack = () => events.dispatchEvent(new Event('focus'))
  comeBack()
  return { project, server, thread, comeBack }
}

describe('an answer that this tab follows, and whose stream stays away', () => {
  it('is given up after some time, and can be tried again', async () => {
    const { project, thread } = await follow()
    await settle(600_000)
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed', error: { code: 'database_unavailable' } })
    expect(project.named('GET turns/turn-1').length).toBeLessThan(20)
    const rest = partStream().send(...begun(), text('Hello'), complete(), finish)
    project.on('GET turns/turn-1', rest.done().answer)
    expect(await thread.retry().text()).toBe('Hello')
  })

  it('is shown as it is stored, though its end was heard of while it was awaited', async () => {
    const { project, server, thread, comeBack } = await follow()
    await settle(2_000)
    server.isEnded = true
    comeBack()
    await settle(600_000)
    expect(project.named('GET turns/turn-1').length).toBeLessThan(20)
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
    expect(messagesOf(thread.getSnapshot()).at(-1)).toBe('assistant completed "Hello"')
  })

  it('leaves nothing to try again once it has come after all', async () => {
    const { project, server, thread, comeBack } = await follow()
    await settle(100_000)
    const rest = partStream()
    project.on('GET turns/turn-1', rest.answer)
    comeBack()
    await settle()
    const seen: string[] = []
    thread.subscribe(() => seen.push(thread.getSnapshot().turn.status))
    server.isEnded = true
    rest.send(...begun(), text('Hello'), complete(), finish).done()
    await settle(60_000)
    expect(seen).not.toContain('failed')
    expect(seen.at(-1)).toBe('idle')
  })
})
