import type { StreamPart } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { answered, begun, complete, fakeProject, finish, IDS, json, partStream, text } from './support/project.ts'
import { clientOf, messagesOf } from './support/watch.ts'

const waiting: StreamPart = {
  type: 'data-waiting',
  data: { messageId: IDS.messageId, step: 1, expiresAt: '2026-11-22T09:00:00.000Z', calls: [] },
}
const toldToWait = () =>
  partStream()
    .send(...begun(), text('So far'), waiting, { type: 'finish', finishReason: 'other' })
    .done()
/** How a turn goes on that was stopped. */
const stopped = (from: number) =>
  partStream(from)
    .send(complete({ status: 'stopped' }), { type: 'abort' })
    .done()
const AT = '2026-11-22T08:00:00+00:00'
const STORED = { clientId: null, parts: [], errorCode: null, cutReason: null, createdAt: AT, suggestions: [] }
const WAITING = { status: 'waiting', calls: [] }

/** The thread as it is stored. */
const page = (status: 'waiting' | 'stopped' | 'completed', activeTurnId: string | null) => () =>
  json({
    thread: { id: 'thread-1', title: null, status: 'active', createdAt: AT, lastMessageAt: AT },
    activeTurnId,
    items: [
      { ...STORED, id: IDS.messageId, role: 'assistant', status, content: 'So far' },
      { ...STORED, id: IDS.userMessageId, role: 'user', status: 'completed', content: 'Hi' },
    ],
    nextCursor: null,
  })

/** A thread whose turn waits, as the page has seen it begin. */
async function sendAndWait(project = fakeProject()) {
  project.on('POST turns', toldToWait().answer, answered('Next.', { turnId: 'turn-2', messageId: 'answer-2' }).answer)
  const thread = clientOf(project).threads.create()
  const result = await thread.send('Hi').done
  return { project, thread, result }
}

describe('a turn that waits', () => {
  it('ends here with the answer so far, keeps no connection and asks nothing by itself', async () => {
    const { project, thread, result } = await sendAndWait()
    expect(result).toMatchObject({ status: 'waiting', message: { status: 'waiting', content: 'So far' } })
    expect(thread.getSnapshot().turn).toEqual(WAITING)
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant waiting "So far"'])
    expect(project.named('POST turns')[0]!.signal!.aborted).toBe(true)
    expect(project.named('GET')).toEqual([])
  })

  it('is fetched again by resume, and goes on once it has', async () => {
    const stream = partStream()
    const { project, thread } = await sendAndWait(
      fakeProject().on('GET turns/turn-1', toldToWait().answer, stream.answer),
    )
    expect((await thread.resume()!.done).status).toBe('waiting')
    expect(thread.getSnapshot().turn).toEqual(WAITING)
    const turn = thread.resume()!
    stream.send(...begun(), text('So far'), text(', so good'), complete(), finish).done()
    expect(await turn.text()).toBe('So far, so good')
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "So far, so good"'])
    expect(project.named('GET').map(({ name }) => name)).toEqual(Array(2).fill('GET turns/turn-1?after=0'))
    expect(thread.resume()).toBeNull()
  })

  it('is known after a reload, and resume works', async () => {
    const project = fakeProject()
      .on('POST rpc/list_messages', page('waiting', IDS.turnId), page('completed', null))
      .on('GET turns/turn-1', toldToWait().answer)
    const thread = clientOf(project).threads.get('thread-1')
    await thread.load()
    expect(thread.getSnapshot().turn).toEqual(WAITING)
    expect(project.named('GET')).toEqual([])
    expect((await thread.resume()!.done).status).toBe('waiting')
    expect(thread.getSnapshot().turn).toEqual(WAITING)
    await thread.load()
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
  })

  it('makes way for the next message, and is shown as stopped', async () => {
    const { thread } = await sendAndWait()
    expect(await thread.send('Never mind.').text()).toBe('Next.')
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user completed "Hi"',
      'assistant stopped "So far"',
      'user completed "Never mind."',
      'assistant completed "Next."',
    ])
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
  })

  it('is ended by stop', async () => {
    const project = fakeProject()
      .on('POST turns/turn-1/stop', () => json({ state: 'stopped' }, 202))
      // The first may have been read before the stop.
      .on('GET turns/turn-1', toldToWait().answer, stopped(4).answer)
    const { thread } = await sendAndWait(project)
    thread.stop()
    await expect.poll(() => thread.getSnapshot().turn.status).toBe('idle')
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant stopped "So far"'])
    expect(project.named('POST turns/').map(({ name }) => name)).toContain('POST turns/turn-1/stop')
    expect(thread.resume()).toBeNull()
  })

  it('is stopped as well where the request came as it began to wait', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST turns/turn-1/stop', () => {
        stream.send(waiting, { type: 'finish', finishReason: 'other' }).done()
        return json({ state: 'stopped' }, 202)
      })
      .on('GET turns/turn-1', stopped(4).answer)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    stream.send(...begun(), text('So far'))
    await expect.poll(() => messagesOf(thread.getSnapshot())[1]).toBe('assistant streaming "So far"')
    turn.stop()
    expect(await turn.done).toMatchObject({ status: 'stopped', message: { content: 'So far' } })
  })
})
