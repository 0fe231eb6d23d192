import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { settle } from './support/followed_thread.ts'
import { begun, complete, fakeProject, functionError, json, partStream } from './support/project.ts'
import {
  asking,
  callAnswer,
  callsOf,
  ending,
  outputOf,
  said,
  statesOf,
  waitingCall,
  waitingPage,
} from './support/waiting_calls.ts'
import { clientOf, eventsOf, historyOf, lineOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8) }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const one = waitingCall()
const two = waitingCall({ id: 'call-2' })
const DECISION = 'POST calls/call-1/decision'
const ENDED = 'idle | user completed "Where is it?" | assistant completed "So far, so good"'

async function askFor(calls = [one], project = fakeProject()) {
  const client = clientOf(project, { now: Date.now })
  onTestFinished(() => client.dispose())
  return { project, client, thread: await asking(project, client, calls) }
}

describe('a call that needs approval', () => {
  it('is shown with what it would do; the turn says what it waits for, and nothing is asked', async () => {
    const { thread, project } = await askFor([one, two])
    expect(thread.getSnapshot().turn).toEqual({ status: 'waiting', calls: [one, two] })
    expect(statesOf(thread.getSnapshot())).toEqual(['approval-requested', 'approval-requested'])
    await settle()
    expect(project.named('').map(({ name }) => name)).toEqual(['POST rpc/open_session', 'POST turns'])
  })

  it('is approved as it was shown, and the thread follows the turn, with what was there in sight', async () => {
    const { project, thread } = await askFor()
    const stream = partStream()
    project.on(DECISION, () => callAnswer('running')).on('GET turns/turn-1', stream.answer)
    const history = historyOf(thread)
    await thread.approve('call-1')
    expect(project.named(DECISION)[0]!.body).toEqual({ approved: true, argumentsDigest: 'digest of call-1' })
    expect(thread.getSnapshot().turn.status).toBe('streaming')
    expect(statesOf(thread.getSnapshot())).toEqual(['approval-responded'])
    // One part after the other: what is told again doesn't take away what was there.
    for (const part of said([one])) {
      stream.send(part)
      await settle()
    }
    stream.send({ type: 'tool-approval-response', approvalId: 'call-1', approved: true }, outputOf('call-1'), ...ending)
    stream.done()
    await settle()
    expect(lineOf(thread.getSnapshot())).toBe(ENDED)
    expect(statesOf(thread.getSnapshot())).toEqual(['output-available'])
    for (const state of history) {
      expect(state.messages.at(-1)!.content).toMatch(/^So far/)
      expect(statesOf(state)).toHaveLength(1)
    }
  })

  it('is one of several: each is answered by itself, and the turn goes on when all are', async () => {
    const { project, thread } = await askFor([one, two])
    project
      .on(DECISION, () => callAnswer('waiting', [{ ...one, status: 'approved' }, two]))
      .on('POST calls/call-2/decision', () => callAnswer('running'))
      .on('GET turns/turn-1', partStream().answer)
    await thread.approve('call-1')
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 approved', 'call-2 pending'])
    expect(statesOf(thread.getSnapshot())).toEqual(['approval-responded', 'approval-requested'])
    expect(project.named('GET')).toEqual([])
    await thread.deny('call-2', 'Too dear.')
    expect(project.named('POST calls/call-2/decision')[0]!.body).toEqual({
      approved: false,
      argumentsDigest: 'digest of call-2',
      reason: 'Too dear.',
    })
    expect(thread.getSnapshot().turn.status).toBe('streaming')
    expect(thread.getSnapshot().messages.at(-1)!.parts.slice(1)).toMatchObject([
      { approval: { approved: true } },
      { approval: { approved: false }, state: 'approval-responded' },
    ])
  })

  it('stays answered where an earlier answer comes last', async () => {
    const { project, thread } = await askFor([one, two])
    let late!: (response: Response) => void
    project
      .on(DECISION, () => new Promise<Response>((resolve) => (late = resolve)))
      .on('POST calls/call-2/decision', () =>
        callAnswer('waiting', [
          { ...one, status: 'approved' },
          { ...two, status: 'denied' },
        ]),
      )
    const approving = thread.approve('call-1')
    await vi.waitUntil(() => project.named(DECISION).length === 1)
    await thread.deny('call-2')
    late(callAnswer('waiting', [{ ...one, status: 'approved' }, two]))
    await approving
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 approved', 'call-2 denied'])
  })

  it('is asked again, as it was, where the answer is lost', async () => {
    const { project, thread } = await askFor()
    project
      .on(
        DECISION,
        () => Promise.reject(new TypeError('Failed to fetch')),
        () => json({ no: 'answer' }),
        () => callAnswer('waiting', [{ ...one, status: 'approved' }]),
      )
      .on('POST rpc/list_messages', () => waitingPage([one]))
    const approving = thread.approve('call-1').catch((error: unknown) => error)
    await settle(5_000)
    expect(await approving).toMatchObject({ code: 'response_malformed' })
    expect(project.named(DECISION)).toHaveLength(2)
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 pending'])
    await thread.approve('call-1')
    expect(new Set(project.named(DECISION).map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 approved'])
  })

  it('that is not shown is refused, and nothing is asked', async () => {
    const { project, thread } = await askFor()
    await expect(thread.approve('call-7')).rejects.toMatchObject({ code: 'execution_not_found' })
    expect(project.named('POST calls')).toEqual([])
  })

  it.each(['execution_decided', 'approval_expired', 'execution_not_found'])(
    'that the server refuses with %s is shown as it stands there',
    async (code) => {
      const { project, thread } = await askFor()
      project
        .on(DECISION, () => functionError(409, code))
        .on('POST rpc/list_messages', () => waitingPage([{ ...one, status: 'denied' }], [one]))
      await expect(thread.approve('call-1')).rejects.toMatchObject({ code })
      await settle()
      expect(callsOf(thread.getSnapshot())).toEqual(['call-1 denied'])
      expect(thread.getSnapshot().messages.at(-1)!.parts.at(-1)).toMatchObject({
        state: 'approval-responded',
        approval: { approved: false },
      })
    },
  )

  it('takes nothing back into sight of an answer that moderation has withdrawn meanwhile', async () => {
    const { project, thread } = await askFor()
    const withdrawn = partStream().send(
      ...begun(),
      complete({ status: 'failed' }),
      { type: 'data-error', data: { code: 'output_flagged', message: 'Withdrawn.' } },
      { type: 'error', errorText: 'Withdrawn.' },
    )
    project.on(DECISION, () => callAnswer('running')).on('GET turns/turn-1', withdrawn.done().answer)
    await thread.approve('call-1')
    await settle()
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed', error: { code: 'output_flagged' } })
    expect(thread.getSnapshot().messages.at(-1)).toMatchObject({ content: '', parts: [] })
  })

  it('is told to who iterates, once each', async () => {
    const { project, thread } = await askFor()
    project.on(
      'GET turns/turn-1',
      partStream()
        .send(...said([one]), outputOf('call-1'), ...ending)
        .done().answer,
    )
    const events = await eventsOf(thread.resume()!)
    expect(events.flatMap((event) => (event.type === 'tool' ? [event.tool.type] : []))).toEqual([
      'tool-input-available',
      'tool-approval-request',
      'tool-output-available',
    ])
  })
})
