import { batch, computed, effect, signal, untracked } from '@preact/signals-core'
import type { LoaclError, Thread, ThreadState, Turn } from '@loacl/core'
import { createDraft } from './draft.ts'
import { toLoaclError } from './model_error.ts'
import type { Model, ModelOptions } from './model_types.ts'

/** An earlier conversation is shown again without being asked for while it is younger than this, in milliseconds. */
const RECENT = 24 * 3_600_000

export function createModel({ client, memory, emit, frame = (run) => run(), now = Date.now }: ModelOptions): Model {
  const session = signal(client.getSnapshot())
  const thread = signal(client.threads.create())
  const talk = signal(thread.value.getSnapshot())
  const threadId = signal<string | null | undefined>()
  const view = signal<'chat' | 'conversations'>('chat')
  const draft = createDraft(memory)
  const loading = signal(false)
  const problem = signal<{ error: LoaclError; again: () => void } | null>(null)
  let started = false

  const assistant = computed(() => (session.value.status === 'open' ? session.value.assistant : null))
  const busy = computed(() => isRunning(talk.value))
  const charactersLeft = computed(
    () => (assistant.value?.maxMessageLength ?? Infinity) - countCharacters(draft.text.value),
  )
  // What keyboards and pasted text bring that shows nothing, blank braille included; the server knows a few signs more.
  const canSend = computed(
    () => !busy.value && charactersLeft.value >= 0 && /[^\s\p{DI}\u2800]/u.test(draft.text.value),
  )
  const failure = computed(() => {
    const { turn } = talk.value
    if (turn.status === 'failed') return turn.error
    return problem.value?.error ?? (session.value.status === 'failed' ? session.value.error : null)
  })

  let pending = false
  const read = () => {
    pending = false
    talk.value = thread.peek().getSnapshot()
  }
  const stops = [
    client.subscribe(() => {
      session.value = client.getSnapshot()
      if (session.peek().status === 'idle') forget()
    }),
    effect(() =>
      thread.value.subscribe(() => {
        if (thread.peek().getSnapshot().turn.status !== 'streaming') return read()
        if (!pending) frame(read)
        pending = true
      }),
    ),
    effect(() => {
      const { id, messages } = talk.value
      for (const { role, status, clientId } of messages)
        if (role === 'user' && status === 'completed') {
          threadId.value = id
          draft.arrived(clientId)
        }
    }),
    draft.dispose,
    effect(() => {
      const id = threadId.value
      if (id === undefined) return
      memory.set('thread', id ?? '')
      untracked(() => emit('threadchange', { threadId: id }))
    }),
    effect(() => {
      if (session.value.status !== 'open') return
      const { type, sessionId } = session.value.visitor
      const person = type === 'authenticated' ? sessionId : null
      const before = memory.get('person')
      memory.set('person', person)
      // They signed out where this tab did not hear of it, before its panel was there.
      if (before && before !== person) untracked(forget)
    }),
    effect(() => {
      const error = failure.value
      if (error) untracked(() => emit('error', { error }))
    }),
  ]

  function show(next: Thread): void {
    batch(() => {
      if (talk.peek().turn.status === 'failed') draft.giveBack()
      thread.value = next
      talk.value = next.getSnapshot()
      view.value = 'chat'
      problem.value = null
      loading.value = false
    })
  }

  /** Runs `action` for the thread at hand. What it fails with is no longer of interest in another thread. */
  async function attempt(action: () => Promise<void>): Promise<void> {
    const at = thread.peek()
    problem.value = null
    loading.value = true
    try {
      await action()
    } catch (error) {
      if (thread.peek() === at) problem.value = { error: toLoaclError(error), again: () => void attempt(action) }
    }
    if (thread.peek() === at) loading.value = false
  }

  function watch(turn: Turn): Turn {
    void report(turn)
    return turn
  }

  async function report(turn: Turn): Promise<void> {
    const began = now()
    const { status } = await turn.done
    if (status !== 'failed') draft.arrived(turn.id)
    if (status !== 'waiting') emit('answered', { turnId: turn.id, status, ms: now() - began })
  }

  async function start(): Promise<void> {
    const fresh = thread.peek()
    try {
      await client.open()
    } catch {
      return draft.restore() // The session's state says why.
    }
    const opened = client.getSnapshot()
    if (started) return
    started = true
    // Where the visitor was quicker, they have chosen.
    const hasChosen = view.peek() !== 'chat' || thread.peek() !== fresh || fresh.getSnapshot().messages.length > 0
    if (opened.status !== 'open' || hasChosen) return draft.restore()
    const [latest] = opened.threads
    const recent = latest && now() - Date.parse(latest.lastMessageAt) < RECENT ? latest.id : ''
    const kept = memory.get('thread')
    // A new conversation may have got its first message.
    const sent = draft.unsent()
    const id = sent ? kept || recent : (kept ?? recent)
    const awaited = kept === '' && sent
    if (id) await select(id)
    // Gone, or another visitor's: nothing that this one asked for.
    if (problem.peek()?.error.code === 'thread_not_found' || (awaited && awaited === draft.unsent())) newThread()
    draft.restore()
  }

  async function select(id: string): Promise<void> {
    const next = client.threads.get(id)
    show(next)
    threadId.value = id
    await attempt(async () => {
      await next.load()
      const running = next.resume()
      if (running) watch(running)
    })
  }

  function newThread(): void {
    show(client.threads.create())
    threadId.value = null
  }

  /** The client has let go of the visitor: the next one sees nothing of theirs. */
  function forget(): void {
    draft.forget()
    newThread()
  }

  function send(text: string, suggestionId?: string): Turn {
    const at = thread.peek()
    view.value = 'chat'
    // Refused: the turn that comes back says so, and the text is its caller's to keep.
    if (isRunning(at.getSnapshot())) return at.send(text)
    const turn = watch(at.send(suggestionId ? { text, suggestionId } : text, draft.idOf(text)))
    if (at.getSnapshot().messages.some(({ clientId }) => clientId === turn.id)) draft.sent({ id: turn.id, text })
    emit('sent', { turnId: turn.id })
    if (suggestionId) emit('suggestion', { id: suggestionId })
    return turn
  }

  return {
    client,
    emit,
    assistant,
    session,
    talk,
    threadId,
    view,
    failure,
    loading,
    draft: draft.text,
    busy,
    charactersLeft,
    canSend,
    start,
    select(id) {
      draft.leave()
      return select(id)
    },
    newThread() {
      draft.leave()
      newThread()
    },
    send,
    type: (text) => void (draft.text.value = text),
    submit() {
      if (!canSend.peek()) return
      const text = draft.text.peek().trim()
      draft.text.value = ''
      send(text)
    },
    stop: () => thread.peek().stop(),
    retry() {
      const turnFailed = talk.peek().turn.status === 'failed'
      // A turn opens the session by itself, so that one press mends both.
      if (!turnFailed && problem.peek()) problem.peek()?.again()
      else if (!turnFailed && session.peek().status === 'failed') void start()
      else watch(thread.peek().retry())
    },
    loadOlder: () => attempt(() => thread.peek().loadOlder()),
    showChat: () => void (view.value = 'chat'),
    showConversations: () => void (view.value = 'conversations'),
    dispose: () => stops.forEach((stop) => stop()),
  }
}

/** `[...text].length`, without an array as long as the text. */
const countCharacters = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)

const isRunning = ({ turn }: ThreadState): boolean => 'turn' in turn
