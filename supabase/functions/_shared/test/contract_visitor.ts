import type { TurnRequest } from '@loacl/wire'
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

export type ContractVisitor = ReturnType<typeof createVisitor>

/** A visitor who is new to a store under test. */
export function createVisitor({ store, assistantId }: StoreUnderTest) {
  const caller = newCaller()
  const message = (text: string, threadId: string | null = null, id: string = crypto.randomUUID()) => ({
    type: 'message' as const,
    assistantId,
    id,
    threadId,
    text,
  })
  const begin = (request: TurnRequest, by = caller, lease: string = crypto.randomUUID()) =>
    store.beginTurn({ request, origin: null, address: null, deadlineMs: 65_000, lease }, by)
  const beginNew = async (request: TurnRequest, by = caller): Promise<OpenTurn> => {
    const turn = await begin(request, by)
    if (turn.joined) throw new Error('The turn was there already.')
    return turn
  }
  return { caller, message, begin, beginNew }
}

/** A visitor of whom nothing is known yet. */
export const newCaller = (): Caller => ({
  sessionToken: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  claims: null,
})

/** Of a step that said this. */
export const stepOutcome = (content: string): StepOutcome => ({
  parts: [{ type: 'text', text: content }],
  content,
  isCalled: true,
  providerItems: [{ said: content }],
  responseId: 'resp_1',
  model: 'gpt-6-luna',
  usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
  fallback: null,
  givenUp: null,
  hostedCalls: [],
  moderation: null,
})

export function outcome(change: Partial<TurnOutcome>): TurnOutcome {
  return {
    state: 'completed',
    parts: [],
    content: '',
    errorCode: null,
    cutReason: null,
    isCalled: true,
    providerItems: [],
    responseId: 'resp_1',
    model: 'gpt-6-luna',
    usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    fallback: null,
    givenUp: null,
    hostedCalls: [],
    moderation: null,
    ...change,
  }
}
