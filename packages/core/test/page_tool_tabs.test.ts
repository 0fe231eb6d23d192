import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import { eventPage, settle, watched } from './support/followed_thread.ts'
import { ask, call, CLAIM, claimable, endless, resultOf, TOOL } from './support/page_tools.ts'

import { asking, endedPage, known, waitingPage } from './support/waiting_calls.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 8) }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function tabs() {
  const browser = fakeBrowser()
  const [first, second] = [claimable(known()), claimable(known())]
  for (const project of [first, second]) project.on('POST rpc/list_messages', () => waitingPage([call]))
  second.on('POST rpc/list_events', () => eventPage(['turn_waiting'], 1))
  return { browser, first, second }
}

const blocked = () => Promise.reject(new DOMException('Blocked.', 'SecurityError'))

describe('two tabs with the same tool', () => {
  it('leave it to the one in which the visitor asked', async () => {
    const { browser, first, second } = tabs()
    for (const project of [first, second]) project.on('POST rpc/list_messages', () => endedPage('completed'))
    const { run } = endless()
    const asker = browser.tab(first).client
    const other = browser.tab(second).client
    for (const client of [asker, other]) client.registerTool(TOOL, run)
    await watched(asker)
    await watched(other)
    second.on('POST rpc/list_messages', () => waitingPage([{ ...call, status: 'running' }], [call], 1))
    await asking(first, asker, [call])
    await settle(5_000)
    expect(first.named(CLAIM)).toHaveLength(1)
    expect(second.named('POST rpc/list_messages').length).toBeGreaterThan(1)
    expect(second.named(CLAIM)).toEqual([])
  })

  it('run it in another one after a second, where the asking one is gone, and not in a hidden one', async () => {
    const { browser, second } = tabs()
    const { client, events } = browser.tab(second)
    client.registerTool(TOOL, () => 'Here.')
    browser.page.visibilityState = 'hidden'
    await watched(client)
    await settle(5_000)
    expect(second.named(CLAIM)).toEqual([])
    browser.page.visibilityState = 'visible'
    events.dispatchEvent(new Event('visibilitychange'))
    await settle(500)
    expect(second.named(CLAIM)).toEqual([])
    await settle(2_000)
    expect(resultOf(second)).toMatchObject([{ output: 'Here.' }])
  })

  it('try one after the other where the browser has locks', async () => {
    const locks = fakeLocks()
    vi.stubGlobal('navigator', { locks })
    const { browser, first, second } = tabs()
    let finish!: (value: unknown) => void
    const one = browser.tab(first).client
    const two = browser.tab(second).client
    one.registerTool(TOOL, () => new Promise((resolve) => (finish = resolve)))
    two.registerTool(TOOL, () => 'Twice.')
    await watched(one)
    second.on('POST rpc/list_events', () => eventPage([], 0))
    const reading = await watched(two)
    await settle(5_000)
    expect(first.named(CLAIM)).toHaveLength(1)
    expect(second.named(CLAIM)).toEqual([])
    second.on('POST rpc/list_messages', () => waitingPage([{ ...call, status: 'done' }], [call]))
    await reading.load()
    finish('Once.')
    await settle(5_000)
    expect(resultOf(first)).toMatchObject([{ output: 'Once.' }])
    expect(second.named(CLAIM)).toEqual([])
  })

  it('go without locks in a frame that may not have any', async () => {
    vi.stubGlobal('navigator', { locks: { request: blocked } })
    const { project } = await ask(() => 1)
    expect(resultOf(project)).toMatchObject([{ output: 1 }])
  })
})

/** The exclusive locks of a browser, by name: who asks waits for its turn. */
function fakeLocks() {
  const last = new Map<string, Promise<unknown>>()
  return {
    request(name: string, { signal }: { signal: AbortSignal }, work: () => Promise<unknown>): Promise<unknown> {
      const before = last.get(name) ?? Promise.resolve()
      const turn = before.then(() => (signal.aborted ? Promise.reject(signal.reason) : work()))
      last.set(
        name,
        turn.catch(() => undefined),
      )
      return turn
    },
  }
}
