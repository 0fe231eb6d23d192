import type { Message, NumberedPart, ThreadSummary } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'
import type { JoinedTurn, NewTurn, StoredTurn, TokenUsage, TurnOutcome, TurnState, TurnStore } from '../domain/store.ts'

interface MemoryThread {
  id: string
  session: string
  title: string | null
  messages: (Message & { session: string })[]
}

interface MemoryTurn {
  id: string
  lease: string
  session: string
  thread: MemoryThread
  userMessageId: string
  messageId: string
  state: TurnState
  stopRequested: boolean
  parts: NumberedPart[]
  outcome: TurnOutcome | null
}

export interface MemoryStoreOptions {
  assistantId: string
  assistant?: Partial<NewTurn['assistant']>
  provider?: NewTurn['provider']
}

/** The turn's store, kept in memory, as faithful to the database as the turn's tests need it. */
export class MemoryStore implements TurnStore {
  readonly threads = new Map<string, MemoryThread>()
  readonly turns = new Map<string, MemoryTurn>()
  readonly followUpUsage: (TokenUsage | null)[] = []
  /** Makes the next calls of a method fail, one error after the other. */
  readonly faults: { [Method in keyof TurnStore]?: CodedError[] } = {}
  /** Every call, by method. */
  readonly calls: (keyof TurnStore)[] = []
  readonly #options: MemoryStoreOptions

  constructor(options: MemoryStoreOptions) {
    this.#options = options
  }

  async beginTurn(
    ...[{ request }, { sessionToken }]: Parameters<TurnStore['beginTurn']>
  ): Promise<NewTurn | JoinedTurn> {
    this.#enter('beginTurn')
    if (request.assistantId !== this.#options.assistantId) throw fault('assistant_not_found')
    const threads = [...this.threads.values()]
    const known = threads.flatMap((thread) => thread.messages).find((message) => message.clientId === request.id)
    if (known && known.session !== sessionToken) throw fault('message_not_found')
    const thread = threads.find((candidate) =>
      known ? candidate.messages.includes(known) : candidate.id === request.threadId,
    )
    const latest = known && [...this.turns.values()].findLast((turn) => turn.userMessageId === known.id)

    if (request.type === 'message' && known) {
      const sameThread = request.threadId === null || request.threadId === thread!.id
      if (known.content !== request.text || !sameThread) throw fault('id_conflict')
      return { joined: true, turn: { id: latest!.id } }
    }
    if (request.type === 'retry') {
      if (!known) throw fault('message_not_found')
      if (latest?.state === 'running' || latest?.state === 'completed') return { joined: true, turn: { id: latest.id } }
    }
    if (request.threadId !== null && thread?.session !== sessionToken) throw fault('thread_not_found')
    if (thread && [...this.turns.values()].some((turn) => turn.thread === thread && turn.state === 'running'))
      throw fault('turn_in_progress')
    if (request.type === 'message' && request.text.length > 8_000) throw fault('text_too_long')

    const into = thread ?? { id: crypto.randomUUID(), session: sessionToken, title: null, messages: [] }
    this.threads.set(into.id, into)
    const asked = known ?? newMessage('user', sessionToken, request.id, request.type === 'message' ? request.text : '')
    if (!known) into.messages.push(asked)
    const answer = newMessage('assistant', sessionToken, null, '')
    into.messages.push(answer)
    const turn: MemoryTurn = {
      id: crypto.randomUUID(),
      lease: crypto.randomUUID(),
      session: sessionToken,
      thread: into,
      userMessageId: asked.id,
      messageId: answer.id,
      state: 'running',
      stopRequested: false,
      parts: [],
      outcome: null,
    }
    this.turns.set(turn.id, turn)
    return {
      joined: false,
      turn: { id: turn.id, lease: turn.lease },
      threadId: into.id,
      userMessageId: asked.id,
      messageId: answer.id,
      isFirstTurn: into.title === null,
      assistant: {
        id: this.#options.assistantId,
        ownerId: crypto.randomUUID(),
        name: 'Ada',
        model: 'gpt-6-luna',
        instructions: 'Be kind.',
        temperature: null,
        maxOutputTokens: 2_000,
        followUps: true,
        ...this.#options.assistant,
      },
      provider: this.#options.provider ?? null,
      history: into.messages
        .filter((message) => message.content !== '')
        .map(({ role, content }) => ({ role, content })),
    }
  }

  async appendParts(
    ...[{ id, lease }, seq, parts]: Parameters<TurnStore['appendParts']>
  ): Promise<{ stopRequested: boolean }> {
    this.#enter('appendParts')
    const turn = this.#leased(id, lease)
    parts.forEach((part, index) => {
      if (turn.parts.every((stored) => stored.seq !== seq + index)) turn.parts.push({ seq: seq + index, part })
    })
    return { stopRequested: turn.stopRequested }
  }

  async readTurn(...[turnId, afterSeq, { sessionToken }]: Parameters<TurnStore['readTurn']>): Promise<StoredTurn> {
    this.#enter('readTurn')
    const { state, thread, userMessageId, messageId, parts, outcome } = this.#owned(turnId, sessionToken)
    return {
      state,
      threadId: thread.id,
      userMessageId,
      messageId,
      parts: parts.filter(({ seq }) => seq > afterSeq),
      message: state === 'running' ? null : thread.messages.find(({ id }) => id === messageId)!,
      errorCode: outcome?.errorCode ?? null,
      cutReason: outcome?.cutReason ?? null,
    }
  }

  async stopTurn(...[turnId, { sessionToken }]: Parameters<TurnStore['stopTurn']>): Promise<{ state: TurnState }> {
    this.#enter('stopTurn')
    const turn = this.#owned(turnId, sessionToken)
    turn.stopRequested = true
    return { state: turn.state }
  }

  async finishTurn(...[{ id, lease }, outcome]: Parameters<TurnStore['finishTurn']>): Promise<void> {
    this.#enter('finishTurn')
    const turn = this.#leased(id, lease)
    turn.state = outcome.state
    turn.outcome = outcome
    this.#updateAnswer(turn, {
      status: outcome.state,
      content: outcome.content,
      parts: outcome.parts,
      errorCode: outcome.errorCode,
      cutReason: outcome.cutReason,
    })
  }

  async saveFollowUps(...[{ id, lease }, followUps]: Parameters<TurnStore['saveFollowUps']>) {
    this.#enter('saveFollowUps')
    const turn = this.turns.get(id)
    if (turn?.lease !== lease || turn.state === 'running') throw fault('turn_lease_lost')
    turn.thread.title ??= followUps.title
    this.followUpUsage.push(followUps.usage)
    const suggestions = followUps.suggestions.map((suggestion) => ({
      id: crypto.randomUUID(),
      suggestion,
      used: false,
    }))
    this.#updateAnswer(turn, { suggestions })
    return { suggestions, title: turn.thread.title }
  }

  /** What `list_messages` would show. */
  messagesOf(threadId: string): readonly Message[] {
    return this.threads.get(threadId)!.messages
  }

  titleOf(threadId: string): ThreadSummary['title'] {
    return this.threads.get(threadId)!.title
  }

  /** What happens to a turn whose worker is gone. */
  abandon(turnId: string): void {
    const turn = this.turns.get(turnId)!
    turn.state = 'failed'
    turn.outcome = {
      state: 'failed',
      parts: [],
      content: '',
      errorCode: 'turn_abandoned',
      cutReason: null,
      providerItems: [],
      responseId: null,
      model: null,
      usage: null,
    }
    this.#updateAnswer(turn, { status: 'failed', errorCode: 'turn_abandoned' })
  }

  /** What happens to a turn's parts some time after its end. */
  purge(turnId: string): void {
    this.turns.get(turnId)!.parts = []
  }

  #enter(method: keyof TurnStore): void {
    this.calls.push(method)
    const error = this.faults[method]?.shift()
    if (error) throw error
  }

  #leased(id: string, lease: string): MemoryTurn {
    const turn = this.turns.get(id)
    if (turn?.lease !== lease || turn.state !== 'running') throw fault('turn_lease_lost')
    return turn
  }

  #owned(id: string, session: string): MemoryTurn {
    const turn = this.turns.get(id)
    if (turn?.session !== session) throw fault('turn_not_found')
    return turn
  }

  #updateAnswer(turn: MemoryTurn, change: Partial<Message>): void {
    const { messages } = turn.thread
    const at = messages.findIndex(({ id }) => id === turn.messageId)
    messages[at] = { ...messages[at]!, ...change }
  }
}

export const fault = (code: CodedError['code']): CodedError => new CodedError(code, `The database says ${code}.`)

function newMessage(role: 'user' | 'assistant', session: string, clientId: string | null, content: string) {
  return {
    id: crypto.randomUUID(),
    session,
    clientId,
    role,
    status: role === 'user' ? ('completed' as const) : ('streaming' as const),
    content,
    parts: [],
    errorCode: null,
    cutReason: null,
    createdAt: new Date().toISOString(),
    suggestions: [],
  }
}
