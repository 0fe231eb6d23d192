import type { TurnRequest } from '@loacl/wire'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Caller, OpenTurn, StepOutcome, TurnOutcome, TurnStore } from '../domain/store.ts'

export interface StoreUnderTest {
  store: TurnStore
  /** An active assistant with a provider key, that offers follow-ups. */
  assistantId: string
  /** Leaves its budget no further step. */
  exhaustBudget: () => unknown
  /** As if the turn had waited as long as it may. */
  expire: (turnId: string) => unknown
}

/** What every turn store must do: run it with whatever makes one. */
export function storeContract(makeStore: () => Promise<StoreUnderTest>): void {
  let store: TurnStore
  let assistantId: string
  let caller: Caller
  let exhaustBudget: StoreUnderTest['exhaustBudget']
  let expire: StoreUnderTest['expire']

  beforeEach(async () => {
    ;({ store, assistantId, exhaustBudget, expire } = await makeStore())
    caller = newCaller()
  })

  const message = (text: string, threadId: string | null = null, id: string = crypto.randomUUID()): TurnRequest => ({
    type: 'message',
    assistantId,
    id,
    threadId,
    text,
  })
  const begin = (request: TurnRequest, by = caller) =>
    store.beginTurn({ request, origin: null, address: null, deadlineMs: 65_000 }, by)
  const beginNew = async (request: TurnRequest, by = caller): Promise<OpenTurn> => {
    const turn = await begin(request, by)
    if (turn.joined) throw new Error('The turn was there already.')
    return turn
  }

  /** A turn that has said "So far" and waits. */
  async function beginWaiting() {
    const begun = await beginNew(message('Hello'))
    await store.appendParts(begun.turn, 1, [{ type: 'text-start', id: 't' }])
    return { ...begun, waited: await store.waitTurn(begun.turn, 60_000, step('So far')) }
  }

  const resume = (turnId: string, number = 1, by = caller, lease: string = crypto.randomUUID()) =>
    store.resumeTurn({ id: turnId, lease }, number, 65_000, by)

  describe('beginning a turn', () => {
    it('makes a thread and gives what the answer needs', async () => {
      const turn = await beginNew(message('Hello'))
      expect(turn.history).toEqual([{ role: 'user', content: 'Hello' }])
      expect(turn.isFirstTurn).toBe(true)
      expect(turn.assistant).toMatchObject({ id: assistantId, followUps: true })
      expect(turn.assistant.maxOutputTokens).toBeGreaterThan(0)
    })

    it('gives the conversation so far', async () => {
      const first = await beginNew(message('Hello'))
      await store.finishTurn(first.turn, outcome({ content: 'Hi', parts: [{ type: 'text', text: 'Hi' }] }))
      const second = await beginNew(message('And now?', first.threadId))
      expect(second.threadId).toBe(first.threadId)
      expect(second.history).toEqual([
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'And now?' },
      ])
    })

    it('joins the turn of a message that was sent before, running or ended', async () => {
      const request = message('Hello')
      const { turn } = await beginNew(request)
      expect(await begin(request)).toMatchObject({ joined: true, turn: { id: turn.id } })
      await store.finishTurn(turn, outcome({}))
      expect(await begin(request)).toMatchObject({ joined: true, turn: { id: turn.id } })
    })

    it('refuses the id of another message, in its own words only to its own session', async () => {
      const { id } = message('Hello')
      await beginNew(message('Hello', null, id))
      await expect(begin(message('Bye', null, id))).rejects.toMatchObject({ code: 'id_conflict' })
      await expect(begin(message('Hello', null, id), newCaller())).rejects.toMatchObject({ code: 'message_not_found' })
    })

    it('refuses an unknown thread and a thread of another session alike', async () => {
      const { threadId } = await beginNew(message('Hello'))
      await expect(begin(message('Hi', threadId), newCaller())).rejects.toMatchObject({ code: 'thread_not_found' })
      await expect(begin(message('Hi', crypto.randomUUID()))).rejects.toMatchObject({ code: 'thread_not_found' })
    })

    it('lets one turn run in a thread at a time', async () => {
      const { threadId, turn } = await beginNew(message('Hello'))
      await expect(begin(message('Hurry', threadId))).rejects.toMatchObject({ code: 'turn_in_progress' })
      await store.finishTurn(turn, outcome({}))
      expect(await begin(message('Hurry', threadId))).toMatchObject({ joined: false })
    })

    it('takes a message that follows the latest one, and no other', async () => {
      const first = await beginNew(message('Hello'))
      await store.finishTurn(first.turn, outcome({}))
      const { threadId } = first
      const next = (parentId: string) =>
        begin({ type: 'message', assistantId, id: crypto.randomUUID(), threadId, parentId, text: 'Next' })
      await expect(next(first.userMessageId)).rejects.toMatchObject({ code: 'id_conflict' })
      await expect(next(crypto.randomUUID())).rejects.toMatchObject({ code: 'message_not_found' })
      expect(await next(first.messageId)).toMatchObject({ joined: false })
    })

    it('tries a failed answer again, for the same message', async () => {
      const request = message('Hello')
      const { threadId, turn, userMessageId, messageId } = await beginNew(request)
      await store.finishTurn(turn, outcome({ state: 'failed', errorCode: 'model_unavailable' }))
      const again = await beginNew({ type: 'retry', assistantId, id: request.id, threadId })
      expect(again).toMatchObject({ threadId, userMessageId, history: [{ role: 'user', content: 'Hello' }] })
      expect(again.messageId).not.toBe(messageId)
      await expect(begin({ type: 'retry', assistantId, id: crypto.randomUUID(), threadId })).rejects.toMatchObject({
        code: 'message_not_found',
      })
    })
  })

  describe('a running turn', () => {
    it('gives back its parts from a place on, in order and each once', async () => {
      const { turn } = await beginNew(message('Hello'))
      const parts = ['a', 'b', 'c', 'd'].map((delta) => ({ type: 'text-delta' as const, id: 't', delta }))
      await store.appendParts(turn, 1, parts.slice(0, 2))
      await store.appendParts(turn, 1, parts.slice(0, 2))
      await store.appendParts(turn, 3, parts.slice(2))
      await store.appendParts(turn, 5, [])
      const all = await store.readTurn(turn.id, 0, caller)
      expect(all).toMatchObject({ state: 'running', message: null })
      expect(all.parts).toEqual(parts.map((part, index) => ({ seq: index + 1, part })))
      expect((await store.readTurn(turn.id, 3, caller)).parts).toEqual([{ seq: 4, part: parts[3] }])
    })

    it('learns at its next beat that it is to stop', async () => {
      const { turn } = await beginNew(message('Hello'))
      expect(await store.appendParts(turn, 1, [])).toEqual({ stopRequested: false })
      expect(await store.stopTurn(turn.id, caller)).toMatchObject({ state: 'running' })
      expect(await store.appendParts(turn, 1, [])).toEqual({ stopRequested: true })
    })

    it('takes nothing under a lease that is not its own', async () => {
      const { turn } = await beginNew(message('Hello'))
      const stranger = { id: turn.id, lease: crypto.randomUUID() }
      await expect(store.appendParts(stranger, 1, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
      await expect(store.finishTurn(stranger, outcome({}))).rejects.toMatchObject({ code: 'turn_lease_lost' })
    })

    it('is not there for another session', async () => {
      const { turn } = await beginNew(message('Hello'))
      await expect(store.readTurn(turn.id, 0, newCaller())).rejects.toMatchObject({ code: 'turn_not_found' })
      await expect(store.stopTurn(turn.id, newCaller())).rejects.toMatchObject({ code: 'turn_not_found' })
      await expect(store.readTurn(crypto.randomUUID(), 0, caller)).rejects.toMatchObject({ code: 'turn_not_found' })
    })
  })

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
      expect(waited).toEqual({ state: 'waiting', waiting: { messageId, step: 1, expiresAt: expect.any(String) } })
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

  describe('a finished turn', () => {
    it.each([
      outcome({ content: 'Hi', parts: [{ type: 'text', text: 'Hi' }] }),
      outcome({ state: 'stopped', content: 'H', parts: [{ type: 'text', text: 'H' }], usage: null }),
      outcome({ state: 'cut', cutReason: 'time_limit', content: '' }),
      outcome({
        state: 'failed',
        errorCode: 'model_stream_broken',
        content: 'H',
        parts: [{ type: 'text', text: 'H' }],
      }),
    ])('keeps its end: $state', async (ended) => {
      const { turn, messageId } = await beginNew(message('Hello'))
      await store.finishTurn(turn, ended)
      const { state, content, parts, errorCode, cutReason } = ended
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({
        state,
        errorCode,
        cutReason,
        message: {
          id: messageId,
          role: 'assistant',
          status: state,
          content,
          parts,
          errorCode,
          cutReason,
          suggestions: [],
        },
      })
    })

    it('ends once and takes no more parts', async () => {
      const { turn } = await beginNew(message('Hello'))
      await store.finishTurn(turn, outcome({ content: 'Hi' }))
      await expect(store.finishTurn(turn, outcome({ state: 'failed' }))).rejects.toMatchObject({
        code: 'turn_lease_lost',
      })
      await expect(store.appendParts(turn, 1, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
      expect(await store.stopTurn(turn.id, caller)).toEqual({ state: 'completed' })
      expect(await store.readTurn(turn.id, 0, caller)).toMatchObject({ state: 'completed', message: { content: 'Hi' } })
    })

    it('takes follow-ups, and a title where its thread has none', async () => {
      const { turn, threadId } = await beginNew(message('Hello'))
      await store.finishTurn(turn, outcome({}))
      const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 }
      const saved = await store.saveFollowUps(turn, { title: 'Greetings', suggestions: ['What now?', 'Why?'], usage })
      expect(saved.title).toBe('Greetings')
      expect(saved.suggestions.map(({ suggestion, used }) => ({ suggestion, used }))).toEqual([
        { suggestion: 'What now?', used: false },
        { suggestion: 'Why?', used: false },
      ])
      const { message: answer } = await store.readTurn(turn.id, 0, caller)
      expect(answer?.suggestions).toEqual(saved.suggestions)
      const next = await beginNew(message('What now?', threadId))
      expect(next.isFirstTurn).toBe(false)
    })
  })
}

/** A visitor of whom nothing is known yet. */
export const newCaller = (): Caller => ({
  sessionToken: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  claims: null,
})

const step = (content: string): StepOutcome => ({
  parts: [{ type: 'text', text: content }],
  content,
  providerItems: [{ said: content }],
  responseId: 'resp_1',
  model: 'gpt-6-luna',
  usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
})

function outcome(change: Partial<TurnOutcome>): TurnOutcome {
  return {
    state: 'completed',
    parts: [],
    content: '',
    errorCode: null,
    cutReason: null,
    providerItems: [],
    responseId: 'resp_1',
    model: 'gpt-6-luna',
    usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    ...change,
  }
}
