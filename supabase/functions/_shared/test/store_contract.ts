import { beforeEach, describe, expect, it } from 'vitest'
import type { OpenTurn, TurnStore } from '../domain/store.ts'
import { type ContractVisitor, createVisitor, newCaller, outcome, type StoreUnderTest } from './contract_visitor.ts'

/** What every turn store must do: run it with whatever makes one. `stepsContract` has the rest. */
export function storeContract(makeStore: () => Promise<StoreUnderTest>): void {
  let store: TurnStore
  let assistantId: string
  let caller: ContractVisitor['caller']
  let message: ContractVisitor['message']
  let begin: ContractVisitor['begin']
  let beginNew: ContractVisitor['beginNew']

  beforeEach(async () => {
    const made = await makeStore()
    ;({ store, assistantId } = made)
    ;({ caller, message, begin, beginNew } = createVisitor(made))
  })

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

    it('gives the same turn again under the same lease, as long as it runs', async () => {
      const request = message('Hello')
      const lease = crypto.randomUUID()
      const first = await begin(request, caller, lease)
      expect(first).toMatchObject({ joined: false, turn: { lease }, history: [{ content: 'Hello' }] })
      const { assistant: _, ...same } = first as OpenTurn
      expect(await begin(request, caller, lease)).toMatchObject(same)
      await store.finishTurn({ id: first.turn.id, lease }, outcome({}))
      expect(await begin(request, caller, lease)).toMatchObject({ joined: true, turn: { id: first.turn.id } })
    })

    it('refuses the id of another message of the same session; in another session it is another message', async () => {
      const { id } = message('Hello')
      const first = await beginNew(message('Hello', null, id))
      await expect(begin(message('Bye', null, id))).rejects.toMatchObject({ code: 'id_conflict' })
      const other = await begin(message('Hello', null, id), newCaller())
      expect(other.joined).toBe(false)
      expect(other.turn.id).not.toBe(first.turn.id)
    })

    it('begins a thread under the client’s id for it, and goes on in it by that id, of whatever kind', async () => {
      for (const clientThreadId of ['V1StGXR8_Z5jdHi6B-myT', crypto.randomUUID(), crypto.randomUUID().toUpperCase()]) {
        const named = (text: string, id: string) => ({ ...message(text, null, id), clientThreadId })
        const [one, two] = [`${clientThreadId}-1`, `${clientThreadId}-2`]
        const first = await beginNew(named('Hello', one))
        expect(await begin(named('Hello', one))).toMatchObject({ joined: true, turn: { id: first.turn.id } })
        await store.finishTurn(first.turn, outcome({}))
        expect(await beginNew(named('And now?', two))).toMatchObject({ threadId: first.threadId })
        await expect(begin({ ...named('Hello', one), clientThreadId: 'another' })).rejects.toMatchObject({
          code: 'id_conflict',
        })
      }
    })

    it('goes on in a thread that a client names by the server’s id', async () => {
      const first = await beginNew(message('Hello'))
      await store.finishTurn(first.turn, outcome({}))
      const again = await beginNew({ ...message('And now?'), clientThreadId: first.threadId })
      expect(again.threadId).toBe(first.threadId)
    })

    it('finds the turn that runs in a thread by either of its ids, for its own session alone', async () => {
      const { threadId, turn } = await beginNew({ ...message('Hello'), clientThreadId: 'my-chat' })
      for (const id of [threadId, 'my-chat']) {
        expect(await store.findTurn(id, caller)).toBe(turn.id)
        expect(await store.findTurn(id, newCaller())).toBeNull()
      }
      expect(await store.findTurn(turn.id, caller)).toBeNull()
      await store.finishTurn(turn, outcome({}))
      expect(await store.findTurn(threadId, caller)).toBeNull()
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
      const saved = await store.saveFollowUps(turn, {
        title: 'Greetings',
        suggestions: ['What now?', 'Why?'],
        usage,
        model: 'gpt-6-luna',
        isCalled: true,
        moderation: null,
      })
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
