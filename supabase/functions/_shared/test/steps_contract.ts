import { beforeEach, describe, expect, it } from 'vitest'
import type { TurnStore } from '../domain/store.ts'
import {
  type ContractVisitor,
  createVisitor,
  newCaller,
  outcome,
  stepOutcome as step,
  type StoreUnderTest,
} from './contract_visitor.ts'

/** What every turn store must do with turns of several steps, and with turns that wait. */
export function stepsContract(makeStore: () => Promise<StoreUnderTest>): void {
  let store: TurnStore
  let assistantId: string
  let caller: ContractVisitor['caller']
  let message: ContractVisitor['message']
  let begin: ContractVisitor['begin']
  let beginNew: ContractVisitor['beginNew']
  let exhaustBudget: StoreUnderTest['exhaustBudget']
  let expire: StoreUnderTest['expire']

  beforeEach(async () => {
    const made = await makeStore()
    ;({ store, assistantId, exhaustBudget, expire } = made)
    ;({ caller, message, begin, beginNew } = createVisitor(made))
  })

  /** A turn that has said "So far" and waits. */
  async function beginWaiting() {
    const begun = await beginNew(message('Hello'))
    await store.appendParts(begun.turn, 1, [{ type: 'text-start', id: 't' }])
    return { ...begun, waited: await store.waitTurn(begun.turn, 60_000, step('So far')) }
  }

  const resume = (turnId: string, number = 1, by = caller, lease: string = crypto.randomUUID()) =>
    store.resumeTurn({ id: turnId, lease }, number, 65_000, by)

  describe('a turn of several steps', () => {
    const toolResult = { type: 'tool-result' as const, callId: 'c1', output: 'Sunny' }

    it('begins each step once, and numbers its parts on', async () => {
      const { turn } = await beginNew(message('Hello'))
      await store.appendParts(turn, 1, [{ type: 'text-start', id: 't' }])
      for (let tries = 0; tries < 2; tries++)
        expect(await store.beginStep(turn, 2, [toolResult], step('One. '))).toEqual({ state: 'running' })
      await store.appendParts(turn, 2, [{ type: 'text-end', id: 't' }])
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state: 'running',
        lastSeq: 2,
        parts: [{ seq: 1 }, { seq: 2 }],
      })
      await store.finishTurn(turn, outcome({ content: 'One. Two.' }))
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({ message: { content: 'One. Two.' } })
    })

    it('is cut where the budget refuses a step', async () => {
      const { turn } = await beginNew(message('Hello'))
      await exhaustBudget()
      for (let tries = 0; tries < 2; tries++)
        expect(await store.beginStep(turn, 2, [], step('So far'))).toEqual({ state: 'cut' })
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state: 'cut',
        cutReason: 'budget',
        message: { status: 'cut', cutReason: 'budget', content: 'So far' },
      })
    })

    it('is stopped where the visitor wanted that before the step', async () => {
      const { turn } = await beginNew(message('Hello'))
      await store.stopTurn(turn.id, caller)
      expect(await store.beginStep(turn, 2, [], step('So far'))).toEqual({ state: 'stopped' })
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state: 'stopped',
        message: { content: 'So far' },
      })
    })
  })

  describe('a turn that waits', () => {
    it('says until when, and takes nothing from its worker', async () => {
      const { turn, messageId, waited } = await beginWaiting()
      expect(waited).toEqual({
        state: 'waiting',
        waiting: { messageId, step: 1, expiresAt: expect.any(String), calls: [] },
      })
      expect(await store.waitTurn(turn, 60_000, step('Other'))).toEqual(waited)
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state: 'waiting',
        waiting: waited.waiting,
        lastSeq: 3,
        message: null,
      })
      await expect(store.appendParts(turn, 4, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
      await expect(store.finishTurn(turn, outcome({}))).rejects.toMatchObject({ code: 'turn_lease_lost' })
    })

    it('goes on for one of those who resume it, with what there is of it', async () => {
      const { turn } = await beginWaiting()
      const lease = crypto.randomUUID()
      const resumed = await resume(turn.id, 1, caller, lease)
      expect(resumed).toMatchObject({
        joined: false,
        turn: { id: turn.id, lease },
        history: [{ role: 'user', content: 'Hello' }],
        lastSeq: 3,
        parts: [{ type: 'text', text: 'So far' }],
        steps: [{ input: [], providerItems: [{ said: 'So far' }] }],
      })
      expect(await resume(turn.id, 1, caller, lease)).toMatchObject({ joined: false })
      expect(await resume(turn.id)).toEqual({ joined: true, turn: { id: turn.id } })
      await expect(store.appendParts(turn, 4, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
      const mine = { id: turn.id, lease }
      expect(await store.beginStep(mine, 2, [], null)).toEqual({ state: 'running' })
      await store.appendParts(mine, 4, [{ type: 'text-end', id: 't' }])
      expect((await store.readTurn(turn.id, 3, caller)).parts).toMatchObject([{ seq: 4 }])
      await store.waitTurn(mine, 60_000, step('So far'))
      expect(await resume(turn.id, 1)).toMatchObject({ joined: true })
      expect(await resume(turn.id, 2)).toMatchObject({ joined: false })
    })

    it('is nobody else’s to resume', async () => {
      const { turn } = await beginWaiting()
      await expect(resume(turn.id, 1, newCaller())).rejects.toMatchObject({ code: 'turn_not_found' })
    })

    it.each([
      ['stopped', 'a stop', (turnId: string) => store.stopTurn(turnId, caller)],
      ['stopped', 'a new message', (_: string, threadId: string) => begin(message('Next', threadId))],
      ['cut', 'time', (turnId: string) => expire(turnId)],
    ] as const)('ends %s by %s', async (state, _, end) => {
      const { turn, threadId } = await beginWaiting()
      await end(turn.id, threadId)
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state,
        cutReason: state === 'cut' ? 'time_limit' : null,
        waiting: null,
        message: { status: state, content: 'So far' },
      })
      expect(await resume(turn.id)).toMatchObject({ joined: true })
    })

    it('is joined by its own message, and by another try', async () => {
      const request = message('Hello')
      const { turn, threadId } = await beginNew(request)
      await store.waitTurn(turn, 60_000, step('So far'))
      const joined = { joined: true, turn: { id: turn.id } }
      expect(await begin(request)).toMatchObject(joined)
      expect(await begin({ type: 'retry', assistantId, id: request.id, threadId })).toMatchObject(joined)
    })

    it('does not begin where the visitor wanted it stopped', async () => {
      const { turn } = await beginNew(message('Hello'))
      await store.stopTurn(turn.id, caller)
      expect(await store.waitTurn(turn, 60_000, step('So far'))).toEqual({ state: 'stopped', waiting: null })
    })
  })
}
