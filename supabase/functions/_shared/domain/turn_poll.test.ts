import type { NumberedPart } from '@loacl/wire'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MemoryStore } from '../test/memory_store.ts'
import { fault } from '../test/memory_turn.ts'
import { textOf } from '../test/running_turn.ts'
import { newCaller } from '../test/contract_visitor.ts'
import type { Caller, OpenTurn } from './store.ts'
import { followTurn } from './stored_turn.ts'
import { createTurnPoll } from './turn_poll.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A running turn, and readers who follow it as requests do. */
async function startTurn() {
  const assistantId = crypto.randomUUID()
  const store = new MemoryStore({ assistantId })
  const owner = newCaller()
  const request = { type: 'message' as const, assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hello' }
  const begun = (await store.beginTurn({ request, origin: null, address: null, deadlineMs: 60_000 }, owner)) as OpenTurn
  const pollTurn = createTurnPoll(store)
  const turnId = begun.turn.id
  let seq = 1

  async function follow(after = 0, caller: Caller = owner) {
    const first = await store.readTurn(turnId, after, caller)
    const leaving = new AbortController()
    const seen: NumberedPart[] = []
    const following = { turnId, after, caller, requestId: 'r', signal: leaving.signal }
    const ended = (async () => {
      for await (const part of followTurn(first, following, { store, pollTurn, takeOver: async () => null }))
        seen.push(part)
    })()
    ended.catch(() => null)
    return { ended, leave: () => leaving.abort(), text: () => textOf(seen.map(({ part }) => part)) }
  }

  return {
    store,
    begun,
    owner,
    follow,
    say: (delta: string) => store.appendParts(begun.turn, seq++, [{ type: 'text-delta', id: 't', delta }]),
    /** How often it is read in a second. */
    async readsPerSecond() {
      const before = store.calls.length
      await vi.advanceTimersByTimeAsync(1_000)
      return store.calls.slice(before).filter((method) => method === 'readTurn').length
    },
  }
}

it('a turn is read no more often for sixty readers than for one, and not at all for none', async () => {
  const turn = await startTurn()
  const readers = [await turn.follow()]
  const reads = await turn.readsPerSecond()
  expect(reads).toBe(4)
  for (let more = 0; more < 59; more++) {
    readers.push(await turn.follow())
    await vi.advanceTimersByTimeAsync(7)
  }
  expect(await turn.readsPerSecond()).toBe(reads)
  for (const { leave } of readers) leave()
  await vi.advanceTimersByTimeAsync(250)
  expect(await turn.readsPerSecond()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

it('is read once at a time where the database is slow', async () => {
  const turn = await startTurn()
  const read = turn.store.readTurn.bind(turn.store)
  let underWay = 0
  let most = 0
  turn.store.readTurn = async (...asked) => {
    most = Math.max(most, ++underWay)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    underWay--
    return read(...asked)
  }
  const pollTurn = createTurnPoll(turn.store)
  const polls: Promise<unknown>[] = []
  for (let asked = 0; asked < 20; asked++) {
    polls.push(pollTurn(turn.begun.turn.id, 0, turn.owner))
    await vi.advanceTimersByTimeAsync(300)
  }
  expect(most).toBe(1)
  await vi.runAllTimersAsync()
  await Promise.all(polls)
})

it('every reader gets each part once, whatever it had and whenever it came', async () => {
  const turn = await startTurn()
  await turn.say('a')
  const early = await turn.follow()
  await vi.advanceTimersByTimeAsync(100)
  await turn.say('b')
  const late = await turn.follow()
  const back = await turn.follow(1)
  await turn.say('c')
  await vi.advanceTimersByTimeAsync(250)
  expect([early.text(), late.text(), back.text()]).toEqual(['abc', 'abc', 'bc'])
  early.leave()
  await turn.say('d')
  await vi.advanceTimersByTimeAsync(250)
  expect([early.text(), late.text(), back.text()]).toEqual(['abc', 'abcd', 'bcd'])
})

it('a reader who wants older parts than the others gets them from a poll that is shared', async () => {
  const turn = await startTurn()
  await turn.say('a')
  const pollTurn = createTurnPoll(turn.store)
  const [newer, older] = [pollTurn(turn.begun.turn.id, 1, turn.owner), pollTurn(turn.begun.turn.id, 0, turn.owner)]
  await vi.advanceTimersByTimeAsync(250)
  expect((await older).parts).toHaveLength(1)
  expect(await newer).toBe(await older)
})

it('nobody reads by another’s right, and one who has lost it takes it from nobody else', async () => {
  const turn = await startTurn()
  const mine = await turn.follow()
  const signedIn = await turn.follow(0, { ...turn.owner, claims: { sub: 'ada' } })
  const read = turn.store.readTurn.bind(turn.store)
  turn.store.readTurn = async (turnId, after, caller) => {
    if (caller.claims) throw fault('turn_not_found')
    return read(turnId, after, caller)
  }
  await turn.say('a')
  await vi.advanceTimersByTimeAsync(250)
  await expect(signedIn.ended).rejects.toMatchObject({ code: 'turn_not_found' })
  expect([mine.text(), signedIn.text()]).toEqual(['a', ''])
})
