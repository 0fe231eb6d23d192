import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import { eventPage, messagePage, settle, THREAD, watched } from './support/followed_thread.ts'
import { answered, complete, fakeProject, functionError, json, partStream } from './support/project.ts'
import {
  asking,
  callAnswer,
  callsOf,
  endedPage,
  ending,
  known,
  outputOf,
  said,
  statesOf,
  waitingCall,
  waitingPage,
} from './support/waiting_calls.ts'
import { clientOf, lineOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8) }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const one = waitingCall()
const two = waitingCall({ id: 'call-2' })
const DECISION = 'POST calls/call-1/decision'

async function askFor(calls = [one], project = fakeProject()) {
  const client = clientOf(project, { now: Date.now })
  onTestFinished(() => client.dispose())
  return { project, client, thread: await asking(project, client, calls) }
}

describe('a turn that waits for approval', () => {
  it('is there after a reload, with what was answered before it', async () => {
    const project = known().on('POST rpc/list_messages', () =>
      waitingPage([{ ...one, status: 'approved', expiresAt: null }, two], [one, two]),
    )
    const client = clientOf(project)
    onTestFinished(() => client.dispose())
    const thread = client.threads.get(THREAD)
    await thread.load()
    await settle()
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 approved', 'call-2 pending'])
    expect(statesOf(thread.getSnapshot())).toEqual(['approval-responded', 'approval-requested'])
    project.on('POST calls/call-2/decision', () => callAnswer('running')).on('GET turns/turn-1', partStream().answer)
    await thread.deny('call-2')
    expect(thread.getSnapshot().turn.status).toBe('streaming')
  })

  it('is decided in one tab and shown in the other, which follows it', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    for (const project of [first, second]) project.on('POST rpc/list_messages', () => waitingPage([one, two]))
    const deciding = await watched(browser.tab(first).client)
    const reading = await watched(browser.tab(second).client)
    await settle()
    const approved = { ...one, status: 'approved' } as const
    first
      .on(DECISION, () => callAnswer('waiting', [approved, two]))
      .on('POST calls/call-2/decision', () => callAnswer('running'))
      .on('GET turns/turn-1', partStream().answer)
    second
      .on(
        'POST rpc/list_events',
        () => eventPage(['turn_waiting'], 1),
        () => eventPage(['turn_resumed'], 2),
        () => eventPage([], 2),
      )
      .on('POST rpc/list_messages', () => waitingPage([approved, two], [one, two], 1))
    await deciding.approve('call-1')
    await settle()
    expect(callsOf(reading.getSnapshot())).toEqual(['call-1 approved', 'call-2 pending'])
    expect(statesOf(reading.getSnapshot())).toEqual(['approval-responded', 'approval-requested'])

    const running = { activeTurnId: 'turn-1', waiting: null, lastEvent: 2 }
    const [answer, ...rest] = [...reading.getSnapshot().messages].toReversed()
    second
      .on('POST rpc/list_messages', () =>
        messagePage([{ ...answer!, status: 'streaming' } as never, ...(rest as never[])], running),
      )
      .on(
        'GET turns/turn-1',
        partStream()
          .send(...said([one, two]), outputOf('call-1'), ...ending)
          .done().answer,
      )
    await deciding.deny('call-2')
    await settle(100)
    expect(reading.getSnapshot().messages.at(-1)!.content).toBe('So far, so good')
  })

  it('is ended once its time is over: whoever sees it tells the server', async () => {
    const { project, thread } = await askFor([{ ...one, expiresAt: '2026-11-22T08:01:00.000Z' }, two])
    project
      .on('POST turns/turn-1/continue', () => callAnswer('cut'))
      .on('POST rpc/list_messages', () => endedPage('cut'))
    await settle(60_000)
    expect(project.named('POST turns/turn-1/continue')).toEqual([])
    await settle(1_000)
    expect(project.named('POST turns/turn-1/continue')).toHaveLength(1)
    expect(lineOf(thread.getSnapshot())).toBe('idle | user completed "Where is it?" | assistant cut "So far"')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is asked about again, ever less often, where the server’s clock has not come so far', async () => {
    const late = { ...one, expiresAt: '2026-11-22T07:59:00.000Z' }
    const { project } = await askFor([late])
    project.on('POST turns/turn-1/continue', () => callAnswer('waiting', [late]))
    await settle(1_000)
    expect(project.named('POST turns/turn-1/continue')).toHaveLength(1)
    await settle(600_000)
    const { length } = project.named('POST turns/turn-1/continue')
    expect(length).toBeGreaterThan(8)
    expect(length).toBeLessThan(18)
  })

  it('is asked about again where that failed', async () => {
    const { project, thread } = await askFor([{ ...one, expiresAt: '2026-11-22T08:00:10.000Z' }])
    project
      .on(
        'POST turns/turn-1/continue',
        () => functionError(404, 'not_found'),
        () => callAnswer('cut'),
      )
      .on('POST rpc/list_messages', () => endedPage('cut'))
    await settle(20_000)
    expect(thread.getSnapshot().turn.status).toBe('idle')
  })

  it('says nothing of its time in a hidden tab, until the visitor comes back', async () => {
    const browser = fakeBrowser()
    const project = known()
      .on('POST rpc/list_messages', () => waitingPage([{ ...one, expiresAt: '2026-11-22T08:01:00.000Z' }]))
      .on('POST rpc/list_events', () => eventPage([], 0))
      .on('POST turns/turn-1/continue', () => callAnswer('cut'))
    const { client, events } = browser.tab(project)
    await watched(client)
    await settle()
    browser.page.visibilityState = 'hidden'
    await settle(3_600_000)
    expect(project.named('POST turns')).toEqual([])
    browser.page.visibilityState = 'visible'
    project.on('POST rpc/list_messages', () => endedPage('cut'))
    events.dispatchEvent(new Event('visibilitychange'))
    await settle()
    expect(project.named('POST turns/turn-1/continue')).toHaveLength(1)
  })

  it('is ended by the next message: its calls are asked about no more', async () => {
    const { project, thread } = await askFor([{ ...one, expiresAt: '2026-11-22T08:01:00.000Z' }])
    project.on('POST turns', answered('Next.', { turnId: 'turn-2', messageId: 'answer-2' }).answer)
    expect(await thread.send('Never mind.').text()).toBe('Next.')
    expect(thread.getSnapshot().messages.map(({ status }) => status)).toEqual([
      'completed',
      'stopped',
      'completed',
      'completed',
    ])
    await settle(600_000)
    expect(project.named('POST turns/')).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on as before where the visitor has stopped it while the approval was on its way', async () => {
    const { project, thread } = await askFor()
    const { answer: stopped } = partStream()
      .send(...said([one]), complete({ status: 'stopped' }), { type: 'abort' })
      .done()
    project
      .on(DECISION, () => functionError(409, 'execution_decided'))
      .on('POST turns/turn-1/stop', () => json({ state: 'stopped' }, 202))
      .on('GET turns/turn-1', stopped)
      .on('POST rpc/list_messages', () => endedPage('stopped'))
    const approving = thread.approve('call-1')
    thread.stop()
    await expect(approving).rejects.toMatchObject({ code: 'execution_decided' })
    await settle()
    expect(lineOf(thread.getSnapshot())).toBe('idle | user completed "Where is it?" | assistant stopped "So far"')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is left to the visitor whose it is: signing out ends what was asked here, and sends nothing as another', async () => {
    const { project, client, thread } = await askFor([{ ...one, expiresAt: '2026-11-22T08:01:00.000Z' }])
    project.on(DECISION, () => new Promise<Response>(() => {}))
    const approving = thread.approve('call-1')
    await vi.waitUntil(() => project.named(DECISION).length === 1)
    const leaving = client.signOut()
    await expect(approving).rejects.toMatchObject({ code: 'aborted' })
    await leaving
    const { length } = project.calls
    await settle(600_000)
    expect(project.calls).toHaveLength(length)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends the waiting for an answer that is called off', async () => {
    const { project, thread } = await askFor()
    project.on(DECISION, () => new Promise<Response>(() => {}))
    const abort = new AbortController()
    const approving = thread.approve('call-1', { signal: abort.signal })
    await vi.waitUntil(() => project.named(DECISION).length === 1)
    abort.abort()
    await expect(approving).rejects.toMatchObject({ code: 'aborted' })
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 pending'])
  })
})
