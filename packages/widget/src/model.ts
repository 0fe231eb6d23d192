import { batch, computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals-core'
import {
  type ClientState,
  type LoaclClient,
  LoaclError,
  type PublicAssistant,
  type Thread,
  type ThreadState,
  type ThreadSummary,
  type Turn,
} from '@loacl/core'
import type { TabMemory } from './tab_memory.ts'
import type { WidgetEvents } from './types.ts'

/** An earlier conversation is shown again without being asked for while it is younger than this, in milliseconds. */
const RECENT = 24 * 3_600_000

export interface ModelOptions {
  client: LoaclClient
  memory: TabMemory
  emit: <K extends keyof WidgetEvents>(type: K, event: WidgetEvents[K]) => void
  /** Puts off what a stream changes to the next frame, so that the panel renders at most once in each. */
  frame?: (run: () => void) => void
  now?: () => number
}

/** What was fetched, or why it couldn't be. `items` are what is there meanwhile. */
interface Conversations {
  readonly items: readonly ThreadSummary[]
  readonly nextCursor: string | null
  readonly status: 'loading' | 'ready' | LoaclError
}

/** What a widget knows and can do, without a word of how it looks. */
export interface Model {
  readonly assistant: ReadonlySignal<PublicAssistant | null>
  readonly session: ReadonlySignal<ClientState>
  readonly talk: ReadonlySignal<ThreadState>
  /** `null` before a thread's first message, `undefined` before there was a choice. */
  readonly threadId: ReadonlySignal<string | null | undefined>
  readonly view: ReadonlySignal<'chat' | 'conversations'>
  readonly conversations: ReadonlySignal<Conversations>
  /** What keeps the chat from going on, be it a turn, the thread's messages or the session. */
  readonly failure: ReadonlySignal<LoaclError | null>
  /** A thread's messages are on their way. */
  readonly loading: ReadonlySignal<boolean>
  /** The text in the composer. It outlives a reload of the tab. */
  readonly draft: ReadonlySignal<string>
  /** An answer is on its way. */
  readonly busy: ReadonlySignal<boolean>
  /** How many characters more the composer takes; `Infinity` until the assistant is known. */
  readonly charactersLeft: ReadonlySignal<number>
  readonly canSend: ReadonlySignal<boolean>
  /** Opens the session, and brings back the conversation that this tab showed last, or a recent one. Never rejects. */
  start(): Promise<void>
  type(text: string): void
  /** Sends what the composer holds. */
  submit(): void
  send(text: string, suggestionId?: string): Turn
  stop(): void
  /** Tries again what `failure` is about, or the last answer. */
  retry(): void
  select(threadId: string): Promise<void>
  newThread(): void
  loadOlder(): Promise<void>
  showChat(): void
  showConversations(): void
  /** Its title, or else its first words where they are known. */
  labelOf(thread: ThreadSummary): string | null
  /** Adds a page to the list. */
  listMore(): void
  dispose(): void
}

export function createModel({ client, memory, emit, frame = (run) => run(), now = Date.now }: ModelOptions): Model {
  const session = signal(client.getSnapshot())
  const thread = signal(client.threads.create())
  const talk = signal(thread.value.getSnapshot())
  const threadId = signal<string | null | undefined>()
  const view = signal<'chat' | 'conversations'>('chat')
  const draft = signal(memory.get('draft') ?? '')
  const loading = signal(false)
  const problem = signal<{ error: LoaclError; again: () => void } | null>(null)
  const conversations = signal<Conversations>(NO_CONVERSATIONS)
  let unsent = JSON.parse(memory.get('unsent') ?? 'null') as Unsent | null
  /** The draft is `unsent`, of which the server may know. */
  let restored = false
  let started = false

  const assistant = computed(() => (session.value.status === 'open' ? session.value.assistant : null))
  const busy = computed(() => isRunning(talk.value))
  const charactersLeft = computed(() => (assistant.value?.maxMessageLength ?? Infinity) - countCharacters(draft.value))
  const canSend = computed(() => !busy.value && charactersLeft.value >= 0 && draft.value.trim() !== '')
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
          if (clientId === unsent?.id) arrived()
        }
    }),
    effect(() => memory.set('draft', draft.value || null)),
    effect(() => {
      const id = threadId.value
      if (id === undefined) return
      memory.set('thread', id ?? '')
      untracked(() => emit('threadchange', { threadId: id }))
    }),
    effect(() => {
      const error = failure.value
      if (error) untracked(() => emit('error', { error }))
    }),
  ]

  function show(next: Thread): void {
    batch(() => {
      // What the server never got goes back into the composer. Elsewhere it is another message.
      if (talk.peek().turn.status === 'failed') {
        draft.value ||= unsent?.text ?? ''
        remember(null)
      }
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
    if (status !== 'failed' && turn.id === unsent?.id) arrived()
    emit('answered', { turnId: turn.id, status, ms: now() - began })
  }

  function remember(message: Unsent | null): void {
    unsent = message
    restored = false
    memory.set('unsent', message && JSON.stringify(message))
  }

  /** The server has it. */
  function arrived(): void {
    if (restored && draft.peek() === unsent?.text) draft.value = ''
    remember(null)
  }

  /** What was sent before a reload, and may or may not have reached the server, goes back into the composer. */
  function restore(): void {
    if (!unsent || draft.peek()) return
    restored = true
    draft.value = unsent.text
  }

  async function start(): Promise<void> {
    const fresh = thread.peek()
    try {
      await client.open()
    } catch {
      return restore() // The session's state says why.
    }
    const opened = client.getSnapshot()
    if (started) return
    started = true
    // Where the visitor was quicker, they have chosen.
    if (opened.status !== 'open' || thread.peek() !== fresh || fresh.getSnapshot().messages.length > 0) return restore()
    const [latest] = opened.threads
    const recent = latest && now() - Date.parse(latest.lastMessageAt) < RECENT ? latest.id : ''
    const kept = memory.get('thread')
    // A new conversation may have got its first message.
    const id = unsent ? kept || recent : (kept ?? recent)
    const awaited = kept === '' && unsent
    if (id) await select(id)
    // Gone, or another visitor's: nothing that this one asked for.
    if (problem.peek()?.error.code === 'thread_not_found' || (awaited && awaited === unsent)) newThread()
    restore()
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
    remember(null)
    newThread()
    draft.value = ''
    conversations.value = NO_CONVERSATIONS
  }

  function send(text: string, suggestionId?: string): Turn {
    const at = thread.peek()
    view.value = 'chat'
    // Refused: the turn that comes back says so, and the text is its caller's to keep.
    if (isRunning(at.getSnapshot())) return at.send(text)
    // Under the same id it is the same message, answered and paid for once.
    const again = restored && unsent?.text === text ? { id: unsent.id } : {}
    const turn = watch(at.send(suggestionId ? { text, suggestionId } : text, again))
    if (at.getSnapshot().messages.some(({ clientId }) => clientId === turn.id)) remember({ id: turn.id, text })
    emit('sent', { turnId: turn.id })
    if (suggestionId) emit('suggestion', { id: suggestionId })
    return turn
  }

  async function list(cursor: string | null): Promise<void> {
    const known = conversations.peek()
    conversations.value = { ...known, status: 'loading' }
    try {
      const page = await client.threads.list(cursor ? { cursor } : {})
      conversations.value = { ...page, items: cursor ? [...known.items, ...page.items] : page.items, status: 'ready' }
    } catch (error) {
      conversations.value = { ...known, status: toLoaclError(error) }
    }
  }

  return {
    assistant,
    session,
    talk,
    threadId,
    view,
    conversations,
    failure,
    loading,
    draft,
    busy,
    charactersLeft,
    canSend,
    start,
    select(id) {
      // In another conversation, what was put back is another message.
      if (restored) remember(null)
      return select(id)
    },
    newThread() {
      if (restored) remember(null)
      newThread()
    },
    send,
    type: (text) => void (draft.value = text),
    submit() {
      if (!canSend.peek()) return
      const text = draft.peek().trim()
      draft.value = ''
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
    showConversations() {
      view.value = 'conversations'
      void list(null)
    },
    labelOf({ id, title }) {
      const { messages, hasOlder } = client.threads.get(id).getSnapshot()
      return title?.trim() || (!hasOlder && messages[0]?.content.trim().slice(0, 80)) || null
    },
    listMore: () => void list(conversations.peek().nextCursor),
    dispose: () => stops.forEach((stop) => stop()),
  }
}

const NO_CONVERSATIONS: Conversations = { items: [], nextCursor: null, status: 'loading' }

/** A message that was sent, and isn't known to have reached the server. `id` is its client id. */
interface Unsent {
  readonly id: string
  readonly text: string
}

/** `[...text].length`, without an array as long as the text. */
const countCharacters = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)

const isRunning = ({ turn }: ThreadState): boolean => turn.status !== 'idle' && turn.status !== 'failed'

const toLoaclError = (error: unknown): LoaclError =>
  LoaclError.is(error) ? error : new LoaclError('internal', 'The widget failed.', { cause: error })
