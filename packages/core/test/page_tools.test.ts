import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ToolHandler } from '../src/index.ts'

import { settle, watched } from './support/followed_thread.ts'
import { ask, call, CLAIM, claimable, endless, RESULT, resultOf, TOOL } from './support/page_tools.ts'
import { answered, complete, functionError, json, partStream } from './support/project.ts'
import { callAnswer, callsOf, known, pageCall, said, waitingCall, waitingPage } from './support/waiting_calls.ts'
import { clientOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8) }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const lost = () => Promise.reject(new TypeError('Failed to fetch'))

describe('a tool of the page’s', () => {
  it('runs at once in the tab that asked, and the turn goes on with what it gives', async () => {
    const run = vi.fn<ToolHandler>(async () => ({ left: 3, none: undefined }))
    const { project, thread } = await ask(run)
    expect(run.mock.calls).toEqual([[{ sku: 'a1' }, { signal: expect.any(AbortSignal) }]])
    const [claim] = project.named(CLAIM)
    expect(claim!.body).toEqual({ tab: expect.stringMatching(/^[\w-]{22}$/) })
    expect(resultOf(project)).toEqual([{ ...claim!.body, output: { left: 3 } }])
    expect(thread.getSnapshot().turn.status).toBe('streaming')
  })

  it('is shown as running meanwhile, and runs once', async () => {
    const { run } = endless()
    const { project, thread } = await ask(run)
    expect(callsOf(thread.getSnapshot())).toEqual(['call-1 running'])
    await settle(5_000)
    expect(project.named(CLAIM)).toHaveLength(1)
  })

  it.each<[string, ToolHandler, object]>([
    ['nothing', () => undefined, { output: null }],
    ['a number', () => 17, { output: 17 }],
    ['half a surrogate', () => 'a\uD800b', { output: 'ab' }],
    ['a function', () => () => 1, { error: 'The result is no JSON.' }],
    ['a circle', () => circle(), { error: expect.stringContaining('circular') }],
    ['a big integer', () => 1n, { error: expect.stringContaining('BigInt') }],
    ['what is too large', () => 'é'.repeat(131_072), { error: 'The result is too large.' }],
  ])('may give %s', async (_, run, told) => {
    const { project } = await ask(run)
    expect(resultOf(project)).toEqual([{ tab: expect.any(String), ...told }])
  })

  it.each<[string, ToolHandler, string]>([
    [
      'throws',
      () => {
        throw new Error('No such shoe.')
      },
      'No such shoe.',
    ],
    ['rejects', () => Promise.reject(new TypeError('Failed to fetch')), 'Failed to fetch'],
    ['rejects with a text', () => Promise.reject('Gone.'), 'Gone.'],
    ['rejects with nothing', () => Promise.reject(), 'undefined'],
    ['rejects with what is no text', () => Promise.reject(Object.create(null)), 'The tool failed.'],
    ['says too much', () => Promise.reject(new Error('x'.repeat(5_000))), 'x'.repeat(1_000)],
  ])('that %s is told of in its words', async (_, run, error) => {
    const { project } = await ask(run)
    expect(resultOf(project)).toEqual([{ tab: expect.any(String), error }])
  })

  it('whose result its owner finds too large says so, and the turn goes on', async () => {
    const project = claimable().on(
      RESULT,
      () => functionError(413, 'tool_result_too_large'),
      () => callAnswer('running'),
    )
    const { thread } = await ask(() => 'long', [call], project)
    await settle()
    expect(resultOf(project)).toMatchObject([{ output: 'long' }, { error: 'The result is too large.' }])
    expect(thread.getSnapshot().turn.status).toBe('streaming')
  })

  it('that is registered late runs what waits already, and one that is taken away does not', async () => {
    const { project, client } = await ask()
    await settle()
    expect(project.named(CLAIM)).toEqual([])
    client.registerTool(TOOL, () => 1)()
    await settle(3_000)
    expect(project.named(CLAIM)).toEqual([])
    const takeAway = client.registerTool(TOOL, () => 2)
    client.registerTool(TOOL, () => 3)
    takeAway()
    await settle(3_000)
    expect(resultOf(project)).toMatchObject([{ output: 3 }])
  })

  it('is no other tool: not one of the server’s of that name, nor one that nobody has registered', async () => {
    const run = vi.fn<ToolHandler>()
    const { project } = await ask(run, [
      waitingCall({ status: 'approved' }),
      pageCall({ id: 'call-2' }),
      pageCall({ id: 'call-3', status: 'running' }),
      pageCall({ id: 'call-4', status: 'pending' }),
    ])
    await settle(3_000)
    expect(project.named('POST calls')).toEqual([])
    expect(run).not.toHaveBeenCalled()
  })

  it('that needs approval runs at once where it is given', async () => {
    const project = claimable(known())
      .on('POST rpc/list_messages', () => waitingPage([{ ...call, status: 'pending' }]))
      .on('POST calls/call-1/decision', () => callAnswer('waiting', [call]))
    const client = clientOf(project, { now: Date.now })
    client.registerTool(TOOL, () => 'Done.')
    const thread = await watched(client)
    await settle(3_000)
    expect(project.named('POST calls')).toEqual([])
    await thread.approve('call-1')
    await settle(0)
    expect(resultOf(project)).toMatchObject([{ output: 'Done.' }])
  })

  it.each(['execution_decided', 'execution_not_found'])(
    'is not tried again where the claim is refused: %s',
    async (code) => {
      const run = vi.fn<ToolHandler>()
      const project = claimable()
        .on(CLAIM, () => functionError(409, code))
        .on('POST rpc/list_messages', () => waitingPage([{ ...call, status: 'running' }], [call]))
      const { thread } = await ask(run, [call], project)
      await settle(5_000)
      expect(project.named(CLAIM)).toHaveLength(1)
      expect(callsOf(thread.getSnapshot())).toEqual(['call-1 running'])
      expect(run).not.toHaveBeenCalled()
    },
  )

  it('sends its result until it has got through', async () => {
    const project = claimable().on(RESULT, lost, lost, () => callAnswer('running'))
    const { thread } = await ask(() => 1, [call], project)
    await settle(10_000)
    expect(resultOf(project)).toHaveLength(3)
    expect(thread.getSnapshot().turn.status).toBe('streaming')
  })
})

describe('what a tool is still to do', () => {
  it('is called off by the next message', async () => {
    const { run, isAborted } = endless()
    const { project, thread } = await ask(run)
    expect(isAborted()).toBe(false)
    project.on('POST turns', answered('Next.', { turnId: 'turn-2', messageId: 'answer-2' }).answer)
    await thread.send('Never mind.').text()
    expect(isAborted()).toBe(true)
    expect(resultOf(project)).toEqual([])
  })

  it('is called off by stop', async () => {
    const { run, isAborted } = endless()
    const { project, thread } = await ask(run)
    const stopped = partStream().send(...said([call]), complete({ status: 'stopped' }), { type: 'abort' })
    project
      .on('POST turns/turn-1/stop', () => json({ state: 'stopped' }, 202))
      .on('GET turns/turn-1', stopped.done().answer)
    thread.stop()
    await settle()
    expect(isAborted()).toBe(true)
    expect(resultOf(project)).toEqual([])
  })

  it('is called off by signing out, and by letting go of the client', async () => {
    for (const leave of ['signOut', 'dispose'] as const) {
      const { run, isAborted } = endless()
      const { project, client } = await ask(run)
      await client[leave]()
      expect(isAborted()).toBe(true)
      await settle(60_000)
      expect(resultOf(project)).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  it('is called off when its time is over, and the server is told', async () => {
    const { run, isAborted } = endless()
    const project = claimable()
      .on('POST turns/turn-1/continue', () => callAnswer('running'))
      .on('GET turns/turn-1', partStream().answer)
    const { thread } = await ask(run, [call], project)
    await settle(10_000)
    expect(isAborted()).toBe(false)
    await settle(1_000)
    expect(project.named('POST turns/turn-1/continue')).toHaveLength(1)
    expect(isAborted()).toBe(true)
    expect(thread.getSnapshot().turn.status).toBe('streaming')
  })
})

function circle(): object {
  const self: { self?: object } = {}
  self.self = self
  return self
}
