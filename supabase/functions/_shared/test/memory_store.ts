import { isWithdrawal, type Message, type ThreadSummary } from '@loacl/wire'
import type { CodedError } from '../domain/coded_error.ts'
import type { KnownFile } from '../domain/model.ts'
import type {
  HistoryMessage,
  JoinedTurn,
  OpenTurn,
  StoredTurn,
  StepOutcome,
  TokenUsage,
  TurnOutcome,
  TurnState,
  TurnStore,
} from '../domain/store.ts'
import type { CallAnswered } from '../domain/tools/tool_store.ts'
import { MemoryCalls } from './memory_calls.ts'
import { halve, MemoryContext } from './memory_context.ts'
import { fault, findThread, type MemoryThread, type MemoryTurn, newMessage, newThread } from './memory_turn.ts'

const isRefused = ({ outcome }: MemoryTurn): boolean => isWithdrawal(outcome?.errorCode ?? null)

export interface MemoryStoreOptions {
  assistantId: string
  assistant?: Partial<OpenTurn['assistant']>
  provider?: OpenTurn['provider']
  fallback?: OpenTurn['fallback']
  moderation?: OpenTurn['moderation']
}

/** The turn's store, kept in memory, as faithful to the database as the turn's tests need it. */
export class MemoryStore implements TurnStore {
  readonly threads = new Map<string, MemoryThread>()
  readonly turns = new Map<string, MemoryTurn>()
  /** Of each call for follow-ups; nothing where there was none. */
  readonly followUpUsage: (TokenUsage | null)[] = []
  /** Of each step that has ended. */
  readonly outcomes: StepOutcome[] = []
  /** Of each turn that its worker has ended. */
  /** Of each step, and of each turn's follow-ups. */
  readonly moderated: StepOutcome['moderation'][] = []
  readonly followUpsModerated: StepOutcome['moderation'][] = []
  /** Steps that the budget allows a turn. */
  stepBudget = Number.POSITIVE_INFINITY
  readonly keptStops = new Set<string>()
  /** The owner's documents, and visitors' files. */
  readonly citedFiles: KnownFile[] = []
  readonly context = new MemoryContext()
  readonly toolCalls = new MemoryCalls()
  /** Of the assistant and its visitor. */
  maxToolSteps = 8
  visitor: OpenTurn['visitor'] = { type: 'guest' }
  /** Makes the next calls of a method fail, one error after the other. */
  readonly faults: { [Method in keyof TurnStore]?: CodedError[] } = {}
  /** Every call, by method. */
  readonly calls: (keyof TurnStore)[] = []
  readonly #options: MemoryStoreOptions

  constructor(options: MemoryStoreOptions) {
    this.#options = options
  }

  /** Whether the model was called in each step that has ended. */
  get stepsCalled(): boolean[] {
    return this.outcomes.map(({ isCalled }) => isCalled)
  }

  async beginTurn(
    ...[{ request, lease }, { sessionToken }]: Parameters<TurnStore['beginTurn']>
  ): Promise<OpenTurn | JoinedTurn> {
    this.#enter('beginTurn')
    if (request.assistantId !== this.#options.assistantId) throw fault('assistant_not_found')
    if (request.type !== 'message' && request.type !== 'retry') throw fault('turn_type_unsupported')
    const clientThreadId = request.clientThreadId ?? null
    const threads = [...this.threads.values()].filter(({ session }) => session === sessionToken)
    const threadId = request.threadId ?? findThread(threads, clientThreadId)?.id ?? null
    const known = threads.flatMap((thread) => thread.messages).find((message) => message.clientId === request.id)
    const thread = threads.find((candidate) => (known ? candidate.messages.includes(known) : candidate.id === threadId))
    const latest = known && [...this.turns.values()].findLast((turn) => turn.userMessageId === known.id)

    if (latest?.state === 'running' && latest.lease === lease) return this.#toOpenTurn(latest)
    if (request.type === 'message' && known) {
      const sameThread = threadId === null ? clientThreadId === null : threadId === thread!.id
      if (known.content !== request.text || !sameThread) throw fault('id_conflict')
      return { joined: true, turn: { id: latest!.id } }
    }
    if (request.type === 'retry') {
      if (!known) throw fault('message_not_found')
      if (latest && ['running', 'waiting', 'completed'].includes(latest.state))
        return { joined: true, turn: { id: latest.id } }
    }
    if (threadId !== null && !thread) throw fault('thread_not_found')
    if (thread && [...this.turns.values()].some((turn) => turn.thread === thread && turn.state === 'running'))
      throw fault('turn_in_progress')
    if (request.type === 'message' && request.text.length > 8_000) throw fault('text_too_long')
    if (request.type === 'message' && request.parentId !== undefined) this.#checkParent(request.parentId, thread)
    for (const turn of this.turns.values())
      if (turn.thread === thread && turn.state === 'waiting') this.#end(turn, { state: 'stopped' }, 'cancelled')

    const into = thread ?? newThread(clientThreadId, sessionToken)
    this.threads.set(into.id, into)
    const asked = known ?? newMessage('user', sessionToken, request.id, request.type === 'message' ? request.text : '')
    if (!known) into.messages.push(asked)
    const answer = newMessage('assistant', sessionToken, null, '')
    into.messages.push(answer)
    const turn: MemoryTurn = {
      id: crypto.randomUUID(),
      lease,
      session: sessionToken,
      thread: into,
      userMessageId: asked.id,
      messageId: answer.id,
      state: 'running',
      stopRequested: request.type === 'message' && this.keptStops.delete(sessionToken + request.id),
      isSilent: false,
      isFolded: true,
      lastSeq: 0,
      parts: [],
      steps: [{ input: [], providerItems: null, configId: null }],
      waiting: null,
      outcome: null,
    }
    this.turns.set(turn.id, turn)
    return this.#toOpenTurn(turn)
  }

  #toOpenTurn(turn: MemoryTurn): OpenTurn {
    const { thread, messageId } = turn
    const { parts } = thread.messages.find(({ id }) => id === messageId)!
    return {
      joined: false,
      turn: { id: turn.id, lease: turn.lease },
      threadId: thread.id,
      userMessageId: turn.userMessageId,
      messageId,
      isFirstTurn: thread.title === null,
      assistant: {
        id: this.#options.assistantId,
        ownerId: crypto.randomUUID(),
        name: 'Ada',
        model: 'gpt-6-luna',
        instructions: 'Be kind.',
        temperature: null,
        reasoningEffort: null,
        maxOutputTokens: 2_000,
        followUps: true,
        followUpModel: null,
        showReasoning: false,
        ...this.#options.assistant,
      },
      provider: this.#options.provider ?? null,
      moderation: this.#options.moderation ?? null,
      fallback: this.#options.fallback ?? null,
      history: this.#historyOf(turn),
      ...(this.context.summary ? { summary: this.context.summary } : {}),
      lastSeq: turn.lastSeq,
      stopRequested: turn.stopRequested,
      parts,
      steps: turn.steps.flatMap(({ input, providerItems, configId }) =>
        providerItems ? [{ input, providerItems, configId }] : [],
      ),
      tools: this.toolCalls.tools,
      maxToolSteps: this.maxToolSteps,
      maxHostedCalls: 4,
      toolSecret: null,
      visitor: this.visitor,
    }
  }

  async appendParts(
    ...[{ id, lease }, seq, parts]: Parameters<TurnStore['appendParts']>
  ): Promise<{ stopRequested: boolean }> {
    this.#enter('appendParts')
    const turn = this.#leased(id, lease)
    parts.forEach((part, index) => {
      if (seq + index > turn.lastSeq) turn.parts.push({ seq: (turn.lastSeq = seq + index), part })
    })
    return { stopRequested: turn.stopRequested }
  }

  async readTurn(...[turnId, afterSeq, { sessionToken }]: Parameters<TurnStore['readTurn']>): Promise<StoredTurn> {
    this.#enter('readTurn')
    const owned = this.#owned(turnId, sessionToken)
    const { state, thread, userMessageId, messageId, lastSeq, isFolded, isSilent, parts, outcome } = owned
    return {
      state,
      threadId: thread.id,
      userMessageId,
      messageId,
      parts: parts.filter(({ seq }) => seq > afterSeq),
      lastSeq,
      isFolded,
      isSilent,
      waiting: this.#waitingOf(owned),
      message: state === 'running' || state === 'waiting' ? null : thread.messages.find(({ id }) => id === messageId)!,
      errorCode: outcome?.errorCode ?? null,
      cutReason: outcome?.cutReason ?? null,
    }
  }

  async stopTurn(...[turnId, { sessionToken }]: Parameters<TurnStore['stopTurn']>): Promise<{ state: TurnState }> {
    this.#enter('stopTurn')
    const turn = this.#owned(turnId, sessionToken)
    turn.stopRequested = true
    if (turn.state === 'waiting') this.#end(turn, { state: 'stopped' })
    return { state: turn.state }
  }

  async stopMessage(
    ...[messageId, caller]: Parameters<TurnStore['stopMessage']>
  ): Promise<{ state: TurnState | 'kept' }> {
    this.#enter('stopMessage')
    const turns = [...this.turns.values()].filter(({ session }) => session === caller.sessionToken)
    const turn = turns.findLast(({ thread, userMessageId }) =>
      thread.messages.some(({ id, clientId }) => id === userMessageId && clientId === messageId),
    )
    if (turn) return this.stopTurn(turn.id, caller)
    this.keptStops.add(caller.sessionToken + messageId)
    return { state: 'kept' }
  }

  async foldTurn(...[turnId, { content, parts }]: Parameters<TurnStore['foldTurn']>): Promise<void> {
    this.#enter('foldTurn')
    const turn = this.turns.get(turnId)
    if (!turn || turn.isFolded) return
    turn.isFolded = true
    this.#updateAnswer(turn, { content, parts })
  }

  async findCitedFiles(...[turn, fileIds]: Parameters<TurnStore['findCitedFiles']>): Promise<readonly KnownFile[]> {
    this.#enter('findCitedFiles')
    if (this.turns.get(turn.id)?.lease !== turn.lease) throw fault('turn_lease_lost')
    return this.citedFiles.filter(({ fileId }) => fileIds.includes(fileId))
  }

  async finishTurn(...[{ id, lease }, outcome]: Parameters<TurnStore['finishTurn']>): Promise<void> {
    this.#enter('finishTurn')
    const turn = this.#leased(id, lease)
    this.#endStep(turn, outcome)
    this.#end(turn, outcome)
  }

  async findTurn(...[threadId, { sessionToken }]: Parameters<TurnStore['findTurn']>) {
    this.#enter('findTurn')
    const own = [...this.turns.values()].filter(({ session }) => session === sessionToken)
    const open = own.filter(({ state }) => state === 'running' || state === 'waiting')
    return open.find(({ thread: { id, clientId } }) => id === threadId || clientId === threadId)?.id ?? null
  }

  async beginStep(...[{ id, lease }, step, input, before]: Parameters<TurnStore['beginStep']>) {
    this.#enter('beginStep')
    const turn = this.#leasedBefore(id, lease)
    if (turn.state !== 'running' || turn.steps.length === step) return { state: turn.state }
    if (before) this.#endStep(turn, before)
    if (turn.stopRequested) this.#end(turn, { state: 'stopped' })
    else if (step > this.stepBudget) this.#end(turn, { state: 'cut', cutReason: 'budget' })
    else turn.steps.push({ input, providerItems: null, configId: null })
    return { state: turn.state }
  }

  async waitTurn(...[{ id, lease }, waitMs, outcome]: Parameters<TurnStore['waitTurn']>) {
    this.#enter('waitTurn')
    const turn = this.#leasedBefore(id, lease)
    const step = turn.steps.length
    if (this.toolCalls.of(id, step).length > 0 && !this.toolCalls.isWaiting(id, step))
      return { state: turn.state, waiting: null }
    if (turn.state === 'running') {
      this.#endStep(turn, outcome)
      if (turn.stopRequested) this.#end(turn, { state: 'stopped' })
      else {
        const expiresAt = new Date(Date.now() + Math.min(waitMs, 86_400_000)).toISOString()
        turn.waiting = { messageId: turn.messageId, step, expiresAt, calls: [] }
        turn.state = 'waiting'
        turn.lastSeq += 2
        this.#updateAnswer(turn, { status: 'waiting' })
      }
    }
    return { state: turn.state, waiting: this.#waitingOf(turn) }
  }

  async resumeTurn(...[{ id, lease }, step, , { sessionToken }]: Parameters<TurnStore['resumeTurn']>) {
    this.#enter('resumeTurn')
    const turn = this.#owned(id, sessionToken)
    const isAgain = turn.state === 'running' && turn.lease === lease
    if (!isAgain && !turn.isSilent && turn.waiting?.step !== step) return { joined: true as const, turn: { id } }
    Object.assign(turn, { state: 'running', lease, waiting: null, isSilent: false })
    this.#updateAnswer(turn, { status: 'streaming' })
    return this.#toOpenTurn(turn)
  }

  async saveFollowUps(...[{ id, lease }, followUps]: Parameters<TurnStore['saveFollowUps']>) {
    this.#enter('saveFollowUps')
    const turn = this.turns.get(id)
    if (turn?.lease !== lease || turn.state === 'running' || turn.state === 'waiting' || isRefused(turn))
      throw fault('turn_lease_lost')
    turn.thread.title ??= followUps.title
    if (followUps.isCalled) this.followUpUsage.push(followUps.usage)
    this.followUpsModerated.push(followUps.moderation)
    const suggestions = followUps.suggestions.map((suggestion) => ({
      id: crypto.randomUUID(),
      suggestion,
      used: false,
    }))
    this.#updateAnswer(turn, { suggestions })
    return { suggestions, title: turn.thread.title }
  }

  async beginCalls(...[{ id, lease }, step, calls]: Parameters<TurnStore['beginCalls']>) {
    this.#enter('beginCalls')
    this.#leased(id, lease)
    return this.toolCalls.begin(id, step, calls)
  }

  async endCall(...[{ id, lease }, callId, end]: Parameters<TurnStore['endCall']>) {
    this.#enter('endCall')
    this.#leased(id, lease)
    return this.toolCalls.end(callId, end)
  }

  async runCalls(...[{ id, lease }, step]: Parameters<TurnStore['runCalls']>) {
    this.#enter('runCalls')
    this.#leased(id, lease)
    return this.toolCalls.run(id, step)
  }

  async decideCall(...[id, decision, caller]: Parameters<TurnStore['decideCall']>) {
    this.#enter('decideCall')
    const turn = this.#calledIn(id, caller.sessionToken)
    this.toolCalls.decide(id, decision)
    return this.#answered(turn)
  }

  async claimCall(...[id, tab, caller]: Parameters<TurnStore['claimCall']>) {
    this.#enter('claimCall')
    this.#calledIn(id, caller.sessionToken)
    return this.toolCalls.claim(id, tab)
  }

  async answerCall(...[id, tab, answer, caller]: Parameters<TurnStore['answerCall']>) {
    this.#enter('answerCall')
    const turn = this.#calledIn(id, caller.sessionToken)
    this.toolCalls.answer(id, tab, answer)
    return this.#answered(turn)
  }

  async continueTurn(...[turnId, caller]: Parameters<TurnStore['continueTurn']>) {
    this.#enter('continueTurn')
    const turn = this.#owned(turnId, caller.sessionToken)
    if (this.toolCalls.expire(turnId)) this.#end(turn, { state: 'cut', cutReason: 'time_limit' }, 'expired')
    return this.#answered(turn)
  }

  async beginSummary(...[{ id, lease }]: Parameters<TurnStore['beginSummary']>) {
    this.#enter('beginSummary')
    this.#leasedBefore(id, lease)
    return this.context.wanted.shift() ?? null
  }

  async saveSummary(...[{ id, lease }, , made]: Parameters<TurnStore['saveSummary']>) {
    this.#enter('saveSummary')
    const turn = this.#leasedBefore(id, lease)
    return this.context.save(made, this.#historyOf(turn), turn.state === 'running')
  }

  async shortenHistory(...[{ id, lease }]: Parameters<TurnStore['shortenHistory']>) {
    this.#enter('shortenHistory')
    return halve(this.#historyOf(this.#leased(id, lease)))
  }

  /** What `list_messages` would show. */
  messagesOf(threadId: string): readonly Message[] {
    return this.threads.get(threadId)!.messages
  }

  titleOf(threadId: string): ThreadSummary['title'] {
    return this.threads.get(threadId)!.title
  }

  /** As if the worker of a turn that has said nothing had missed two beats. */
  silence(turnId: string): void {
    this.turns.get(turnId)!.isSilent = true
  }

  /** What happens to a turn whose worker is gone. */
  abandon(turnId: string): void {
    this.turns.get(turnId)!.isFolded = false
    this.#end(this.turns.get(turnId)!, { state: 'failed', errorCode: 'turn_abandoned' })
  }

  /** What happens to a turn that has waited too long. */
  expire(turnId: string): void {
    this.#end(this.turns.get(turnId)!, { state: 'cut', cutReason: 'time_limit' })
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

  #historyOf({ thread, messageId }: MemoryTurn): HistoryMessage[] {
    return thread.messages
      .filter((message) => message.content !== '' && message.id !== messageId)
      .map(({ role, content }) => ({ role, content }))
  }

  #leased(id: string, lease: string): MemoryTurn {
    const turn = this.#leasedBefore(id, lease)
    if (turn.state !== 'running') throw fault('turn_lease_lost')
    return turn
  }

  /** It may wait or have ended since. */
  #leasedBefore(id: string, lease: string): MemoryTurn {
    const turn = this.turns.get(id)
    if (turn?.lease !== lease) throw fault('turn_lease_lost')
    return turn
  }

  #endStep(turn: MemoryTurn, outcome: StepOutcome): void {
    const { parts, content, providerItems, fallback } = outcome
    this.outcomes.push(outcome)
    this.moderated.push(outcome.moderation)
    const step = turn.steps.at(-1)!
    step.providerItems ??= providerItems
    step.configId = fallback?.configId ?? this.#options.provider?.configId ?? null
    this.#updateAnswer(turn, { parts, content })
  }

  #end(
    turn: MemoryTurn,
    end: { state: TurnOutcome['state'] } & Partial<TurnOutcome>,
    callError: 'stopped' | 'expired' | 'cancelled' = end.state === 'stopped' ? 'stopped' : 'cancelled',
  ): void {
    const { state, errorCode = null, cutReason = null } = end
    this.toolCalls.close(turn.id, callError)
    Object.assign(turn, { state, waiting: null, outcome: { errorCode, cutReason } })
    this.#updateAnswer(turn, { status: state, errorCode, cutReason })
    if (!isRefused(turn)) return
    turn.parts = []
    for (const step of turn.steps) Object.assign(step, { input: [], providerItems: [] })
    this.#updateAnswer(turn, { content: '', parts: [] })
  }

  #waitingOf({ id, state, waiting }: MemoryTurn): StoredTurn['waiting'] {
    if (state !== 'waiting' || !waiting) return null
    return this.toolCalls.waiting(waiting.messageId, id, waiting.step, waiting.expiresAt)
  }

  #answered(turn: MemoryTurn): CallAnswered {
    const waiting = this.#waitingOf(turn)
    const isReady = waiting !== null && !this.toolCalls.isWaiting(turn.id, waiting.step)
    return { turnId: turn.id, state: turn.state, isReady, waiting }
  }

  #calledIn(callId: string, session: string): MemoryTurn {
    const turn = this.turns.get(this.toolCalls.turnOf(callId))
    if (turn?.session !== session) throw fault('execution_not_found')
    return turn
  }

  #checkParent(parentId: string, thread: MemoryThread | undefined): void {
    if (!thread?.messages.some(({ id }) => id === parentId)) throw fault('message_not_found')
    if (thread.messages.at(-1)!.id !== parentId) throw fault('id_conflict')
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
