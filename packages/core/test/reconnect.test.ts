import { HEARTBEAT_EVENT } from '@loacl/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TurnEvent } from '../src/index.ts'
import {
  answered,
  begun,
  complete,
  fakeProject,
  finish,
  functionError,
  IDS,
  json,
  partStream,
  text,
} from './support/project.ts'
import { clientOf, distinct, historyOf, lineOf, messagesOf } from './support/watch.ts'

const offline = () => Promise.reject(new TypeError('Failed to fetch'))
const badGateway = () => new Response('<h1>Bad gateway</h1>', { status: 502 })
const cited = (sourceId: string) => ({ type: 'source-url', sourceId, url: `https://example.com/${sourceId}` }) as const
/** Lets everything that is ready happen. */
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a lost connection', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(1)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('is not waited for by a message that is stopped: it is never sent', async () => {
    const project = fakeProject().on('POST turns', offline)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    await settle()
    expect(thread.getSnapshot().turn.status).toBe('reconnecting')
    turn.stop()
    await settle()
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'aborted' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user failed "Hi"'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(project.named('POST turns')).toHaveLength(1)
  })

  it.each([
    [{ retryAfterMs: 2_000 }, 2_500],
    [{}, 500],
  ])('to a worker that is busy is tried again by itself, not before %j has passed', async (details, ms) => {
    const refuse = () => functionError(503, 'busy', details)
    const project = fakeProject().on('POST turns', refuse, answered('Hello').answer)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    await settle()
    expect(thread.getSnapshot().turn.status).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(ms - 300)
    expect(project.named('POST turns')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(ms + 300)
    expect(await turn.done).toMatchObject({ status: 'completed' })
    const [first, second] = project.named('POST turns')
    expect(second!.body).toEqual(first!.body)
  })

  it('in the middle of an answer is restored from where it broke', async () => {
    const first = partStream()
    const second = partStream(3)
    const project = fakeProject().on('POST turns', first.answer).on(`GET turns/turn-1`, second.answer)
    const thread = clientOf(project).threads.create()
    const states = historyOf(thread)
    const turn = thread.send('Hi')
    const events: TurnEvent[] = []
    void (async () => {
      for await (const event of turn) events.push(event)
    })()
    first.send(...begun(), text('Hel'))
    await settle()
    first.cut()
    await settle()
    expect(project.named('GET')).toEqual([])
    await vi.advanceTimersByTimeAsync(500)
    // A part that is known already is told once.
    second.send(text('Hel'), text('lo'), complete(), finish).done()
    await settle()

    expect(project.named('GET').map(({ name }) => name)).toEqual(['GET turns/turn-1?after=3'])
    expect(distinct(states.map((state) => lineOf(state).replace('user completed "Hi" | ', ''))).slice(4)).toEqual([
      'streaming | assistant streaming "Hel"',
      'reconnecting | assistant streaming "Hel"',
      'streaming | assistant streaming "Hel"',
      'streaming | assistant streaming "Hello"',
      'idle | assistant completed "Hello"',
    ])
    const { messageId } = IDS
    expect(events).toEqual([
      { type: 'text', messageId, delta: 'Hel' },
      { type: 'reconnecting', attempt: 1 },
      { type: 'text', messageId, delta: 'lo' },
      { type: 'end', result: await turn.done },
    ])
  })

  it('that closes without a last part counts as lost as well', async () => {
    const first = partStream().send(...begun())
    const project = fakeProject()
      .on('POST turns', first.answer)
      .on('GET turns/turn-1', partStream(3).send(text('Hello'), complete(), finish).done().answer)
    const turn = clientOf(project).threads.create().send('Hi')
    first.close()
    await vi.advanceTimersByTimeAsync(500)
    expect(await turn.text()).toBe('Hello')
  })

  it('before the server has answered: sends the same message again under the same id', async () => {
    const project = fakeProject().on(
      'POST turns',
      offline,
      partStream().send({ type: 'start' }).answer,
      answered('Hello').answer,
    )
    const thread = clientOf(project).threads.create()
    const states = historyOf(thread)
    const turn = thread.send('Hi')
    await vi.advanceTimersByTimeAsync(500 + 30_000 + 1000)
    expect(await turn.text()).toBe('Hello')
    const bodies = project.named('POST turns').map(({ body }) => body)
    expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]])
    expect(distinct(states.map(({ turn: { status } }) => status))).toEqual([
      'idle',
      'sending',
      'reconnecting',
      'sending',
      'reconnecting',
      'sending',
      'streaming',
      'idle',
    ])
  })

  it('is noticed when it falls silent; a heartbeat is no silence', async () => {
    const first = partStream().send(...begun(), text('Hel'))
    const second = partStream(4)
    const project = fakeProject().on('POST turns', first.answer).on('GET turns/turn-1', second.answer)
    const turn = clientOf(project).threads.create().send('Hi')
    await vi.advanceTimersByTimeAsync(20_000)
    first.raw(HEARTBEAT_EVENT)
    await vi.advanceTimersByTimeAsync(29_000)
    expect(project.named('GET')).toEqual([])
    await vi.advanceTimersByTimeAsync(1000 + 500)
    expect(project.named('GET')).toHaveLength(1)
    expect(project.named('POST turns')[0]!.signal?.aborted).toBe(true)
    second.send(text('lo'), complete(), finish).done()
    expect(await turn.text()).toBe('Hello')
  })

  it('is tried again later and later, and given up; then retry fetches the same turn again', async () => {
    const first = partStream().send(...begun(), text('Hel'))
    const project = fakeProject().on('POST turns', first.answer).on('GET turns/turn-1', offline)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    await settle()
    first.cut()
    await settle()
    const delays: number[] = []
    for (let waited = 0; thread.getSnapshot().turn.status === 'reconnecting'; waited += 500) {
      const before = project.named('GET').length
      await vi.advanceTimersByTimeAsync(500)
      if (project.named('GET').length > before) delays.push(waited + 500)
    }
    expect(delays).toEqual([500, 1500, 3500, 7500, 15_500, 23_500, 31_500])
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'network' }, message: { content: 'Hel' } })
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed', error: { code: 'network' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant failed "Hel"'])

    project.on('GET turns/turn-1', answered('Hello').answer)
    const again = thread.retry()
    expect(await again.text()).toBe('Hello')
    expect(project.named('GET').at(-1)!.name).toBe('GET turns/turn-1?after=0')
    expect(project.named('POST turns')).toHaveLength(1)
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
  })

  it('that cannot be restored before the server has answered leaves the message to be sent again', async () => {
    const project = fakeProject().on('POST turns', offline)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    await vi.advanceTimersByTimeAsync(31_500)
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'network' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user failed "Hi"'])
  })

  it('is given up at once where the server says why', async () => {
    const first = partStream().send(...begun())
    const project = fakeProject()
      .on('POST turns', first.answer)
      .on('GET turns/turn-1', () => functionError(404, 'turn_not_found'))
    const turn = clientOf(project).threads.create().send('Hi')
    await settle()
    first.cut()
    await vi.advanceTimersByTimeAsync(500)
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'turn_not_found' } })
  })

  it('is not what a refusal is, whatever its status', async () => {
    const project = fakeProject().on('POST turns', () => functionError(503, 'database_unavailable'))
    const turn = clientOf(project).threads.create().send('Hi')
    await settle()
    expect(await turn.done).toMatchObject({ error: { code: 'database_unavailable' } })
    expect(project.named('POST turns')).toHaveLength(1)
  })

  it('may be a proxy’s page, or a database that is away while the answer is being followed', async () => {
    const first = partStream().send(...begun(), text('Hel'))
    const project = fakeProject()
      .on('POST turns', badGateway, first.answer)
      .on(
        'GET turns/turn-1',
        badGateway,
        () => functionError(503, 'database_unavailable'),
        partStream(4).send(text('lo'), complete(), finish).done().answer,
      )
    const turn = clientOf(project).threads.create().send('Hi')
    await vi.advanceTimersByTimeAsync(500)
    first.cut()
    await vi.advanceTimersByTimeAsync(500 + 1000 + 2000)
    expect(await turn.text()).toBe('Hello')
  })

  it('takes nothing from an answer that is stored', async () => {
    const first = partStream().send(...begun(), text('Hello'), complete())
    const project = fakeProject().on('POST turns', first.answer).on('GET turns/turn-1', offline)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    await settle()
    first.cut()
    await vi.advanceTimersByTimeAsync(1)
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
    await vi.advanceTimersByTimeAsync(40_000)
    expect(await turn.done).toMatchObject({ status: 'completed', message: { content: 'Hello' } })
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
  })

  it('and a stream told anew repeats nothing to who is reading', async () => {
    const first = partStream().send(...begun(), text('Hel'), cited('s1'))
    const project = fakeProject()
      .on('POST turns', first.answer)
      .on(
        'GET turns/turn-1',
        partStream(4)
          .send(...begun(), text('Hello!', 'other'), cited('s1'), cited('s2'), complete(), finish)
          .done().answer,
      )
    const turn = clientOf(project).threads.create().send('Hi')
    await settle()
    first.cut()
    await vi.advanceTimersByTimeAsync(500)
    expect(await turn.text()).toBe('Hello!')
    let read = ''
    const sources: string[] = []
    for await (const event of turn)
      if (event.type === 'text') read += event.delta
      else if (event.type === 'source') sources.push(event.source.sourceId)
    expect(read).toBe('Hello!')
    expect(sources).toEqual(['s1', 's2'])
  })

  it('is restored at once when the browser says that it is online', async () => {
    const target = new EventTarget()
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
    vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target))
    const project = fakeProject().on('POST turns', offline, answered('Hello').answer)
    const turn = clientOf(project).threads.create().send('Hi')
    await settle()
    expect(project.named('POST turns')).toHaveLength(1)
    target.dispatchEvent(new Event('online'))
    expect(await turn.text()).toBe('Hello')
    vi.unstubAllGlobals()
  })

  it('does not lose a request to stop', async () => {
    const stream = partStream().send(...begun(), text('Hel'))
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST turns/turn-1/stop', offline, () => {
        stream.send(complete({ status: 'stopped' }), { type: 'abort' }).done()
        return json({ state: 'running' }, 202)
      })
    const turn = clientOf(project).threads.create().send('Hi')
    await settle()
    turn.stop()
    await vi.advanceTimersByTimeAsync(500)
    expect((await turn.done).status).toBe('stopped')
  })

  it('leaves no timer behind', async () => {
    const project = fakeProject().on('POST turns', offline)
    const client = clientOf(project)
    const turn = client.threads.create().send('Hi')
    await settle()
    expect(vi.getTimerCount()).toBe(1)
    client.dispose()
    expect(await turn.done).toMatchObject({ error: { code: 'disposed' } })
    expect(vi.getTimerCount()).toBe(0)
  })
})
