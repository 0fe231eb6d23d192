import type { FileOfMessage, LoaclError, Thread, Turn } from '@loacl/core'
import { toLoaclError } from './model_error.ts'
import {
  type Attachment,
  canSend,
  clientIds,
  EMPTY,
  failureOf,
  isRunning,
  type ModelAction,
  type ModelState,
  reduceModel,
  type Unsent,
} from './model_state.ts'
import type { Model, ModelOptions } from './model_types.ts'
import { createStore } from './store.ts'

/** An earlier conversation is shown again without being asked for while it is younger than this, in milliseconds. */
const RECENT_MS = 24 * 3_600_000

export function createModel({ client, memory, emit, frame = (run) => run(), now = Date.now }: ModelOptions): Model {
  const kept = parseUnsent(memory.get('unsent'))
  // A conversation has the id of its first message: sent again after a reload, that is in the same one.
  let thread = client.threads.create(kept[0])
  const store = createStore<ModelState>({
    session: client.getSnapshot(),
    threadId: undefined,
    thread: thread.getSnapshot(),
    ...EMPTY,
    draft: memory.get('draft') ?? '',
    view: 'chat',
    unsent: kept,
    restored: false,
    loading: 'idle',
  })
  const getState = store.getSnapshot
  let started = false
  let loadAgain: (() => void) | undefined

  function dispatch(action: ModelAction): void {
    const before = getState()
    const state = reduceModel(before, action)
    store.set(state)
    const { draft, unsent, restored, threadId, session } = state
    if (unsent !== before.unsent) memory.set('unsent', unsent[0] ? JSON.stringify(unsent) : null)
    memory.set('draft', restored ? null : draft || null)
    if (threadId !== before.threadId) {
      memory.set('thread', threadId ?? '')
      emit('threadchange', { threadId: threadId ?? null })
    }
    if (session !== before.session) noticePerson(state)
    const failure = failureOf(state)
    if (failure && failure !== failureOf(before)) emit('error', { error: failure })
  }

  /** Forgets what another person left who signed out where this tab did not hear of it. */
  function noticePerson({ session }: ModelState): void {
    if (session.status !== 'open') return
    const { type, sessionId } = session.visitor
    const person = type === 'authenticated' ? sessionId : null
    const before = memory.get('person')
    memory.set('person', person)
    if (before && before !== person) forget()
  }

  let pending = false
  const readThread = () => {
    pending = false
    dispatch({ type: 'thread_changed', thread: thread.getSnapshot() })
  }
  const watchThread = () =>
    thread.subscribe(() => {
      if (thread.getSnapshot().turn.status !== 'streaming') return readThread()
      if (pending) return
      pending = true
      frame(readThread)
    })
  let unwatchThread = watchThread()
  const unwatchClient = client.subscribe(() => {
    const session = client.getSnapshot()
    dispatch({ type: 'changed', change: { session } })
    if (session.status === 'idle') forget()
  })

  noticePerson(getState())

  function show(next: Thread, threadId: string | null): void {
    unwatchThread()
    thread = next
    unwatchThread = watchThread()
    loads++
    dispatch({ type: 'thread_shown', thread: next.getSnapshot(), threadId })
  }

  let loads = 0
  /** Loads messages of the thread at hand. What that fails with is of no interest once another load has begun. */
  async function load(action: () => Promise<void>): Promise<void> {
    const number = ++loads
    let loading: ModelState['loading'] = 'idle'
    dispatch({ type: 'changed', change: { loading: 'loading' } })
    try {
      await action()
    } catch (error) {
      loading = toLoaclError(error)
    }
    if (number !== loads) return
    loadAgain = () => void load(action).then(restore)
    dispatch({ type: 'changed', change: { loading } })
  }

  async function watchTurn(turn: Turn): Promise<void> {
    const began = now()
    const { status } = await turn.done
    if (status !== 'failed') dispatch({ type: 'message_arrived', id: turn.id })
    if (status !== 'waiting') emit('answered', { turnId: turn.id, status, ms: now() - began })
  }

  async function start(): Promise<void> {
    const fresh = thread
    // Where that fails, the session's state says why.
    await client.open().catch(() => {})
    const opened = client.getSnapshot()
    if (started) return
    if (opened.status === 'open') {
      started = true
      // Where the visitor was quicker, they have chosen.
      const hasChosen = getState().view !== 'chat' || thread !== fresh || fresh.getSnapshot().messages.length > 0
      if (!hasChosen) await showAgain(opened.threads[0])
    }
    restore()
  }

  function restore(): void {
    const { unsent, loading, session } = getState()
    // Of several the server may have some: nobody knows before the conversation is there.
    const isKnown = !unsent[1] || (loading === 'idle' && session.status === 'open')
    // Where the visitor has sent one meanwhile, the others go back after the next reload.
    if (isKnown && kept.includes(unsent.at(-1)!)) dispatch({ type: 'draft_restored' })
  }

  /** Brings back the conversation that this tab showed last, or else the visitor's latest, where that is recent. */
  async function showAgain(latest: { id: string; lastMessageAt: string } | undefined): Promise<void> {
    const recent = latest && now() - Date.parse(latest.lastMessageAt) < RECENT_MS ? latest.id : ''
    const shown = memory.get('thread')
    const { unsent } = getState()
    // A new conversation may have got its first message.
    const id = unsent[0] ? shown || recent : (shown ?? recent)
    if (id) await select(id)
    const { loading, unsent: left } = getState()
    const isGone = (loading as Partial<LoaclError>).code === 'thread_not_found'
    // Gone, or another visitor's, or not the one that was awaited: nothing that this one asked for.
    if (isGone || (shown === '' && unsent[0] && unsent === left)) newThread(unsent[0])
  }

  async function select(id: string): Promise<void> {
    const next = client.threads.get(id)
    show(next, id)
    await load(async () => {
      await next.load()
      const running = next.resume()
      if (running) void watchTurn(running)
    })
  }

  const newThread = (first?: Unsent) => show(client.threads.create(first), null)

  /** The client has let go of the visitor: the next one sees nothing of theirs. */
  function forget(): void {
    memory.set('attached', null)
    dispatch({ type: 'draft_forgotten' })
    newThread()
  }

  const showChat = () => dispatch({ type: 'changed', change: { view: 'chat' } })

  /** @param attached to what the composer holds, where that is sent */
  function send(text: string, suggestionId?: string, attached?: readonly Attachment[]): Turn {
    const at = thread
    showChat()
    // Refused: the turn that comes back says so, and the text is its caller's to keep.
    if (isRunning(at.getSnapshot())) return at.send(text)
    const { restored, threadId, unsent } = getState()
    const shown = at.getSnapshot()
    // Under the same id it is the same message, answered and paid for once.
    const options =
      restored && attached ? unsent[0] : unsent[0] || threadId || shown.id === kept[0]?.id ? undefined : shown
    const files = attached as readonly FileOfMessage[] | undefined
    const turn = at.send({ text, suggestionId, files }, options)
    void watchTurn(turn)
    if (clientIds(at.getSnapshot(), 'sending').includes(turn.id))
      dispatch({
        type: 'message_sent',
        message: { id: turn.id, draft: text, attached: attached ?? [] },
        rest: attached && EMPTY,
      })
    emit('sent', { turnId: turn.id })
    if (suggestionId) emit('suggestion', { id: suggestionId })
    return turn
  }

  return {
    ...store,
    client,
    attach: (attached) => dispatch({ type: 'draft_changed', change: { attached } }),
    memory,
    emit,
    stop: () => thread.stop(),
    start,
    send,
    select(id) {
      dispatch({ type: 'draft_left' })
      return select(id)
    },
    newThread() {
      dispatch({ type: 'draft_left' })
      newThread()
    },
    type: (draft) => dispatch({ type: 'draft_changed', change: { draft } }),
    submit() {
      const state = getState()
      // The first line of code keeps its indent.
      if (canSend(state)) send(state.draft.trimEnd().replace(/^\s*\n/, ''), undefined, state.attached)
    },
    retry() {
      const { thread: shown, loading, session } = getState()
      // A turn opens the session by itself, so that one press mends both.
      const turnFailed = shown.turn.status === 'failed'
      if (!turnFailed && typeof loading === 'object') loadAgain?.()
      else if (!turnFailed && session.status === 'failed') void start()
      else void watchTurn(thread.retry())
    },
    loadOlder: () => load(() => thread.loadOlder()),
    showChat,
    showConversations: () => dispatch({ type: 'changed', change: { view: 'conversations' } }),
    dispose() {
      unwatchThread()
      unwatchClient()
    },
  }
}

/** What looks otherwise was not written here. */
function parseUnsent(kept: string | null): Unsent[] {
  try {
    // Nothing is kept most of the time: to throw then would cost a slow device some milliseconds.
    const messages = JSON.parse(kept ?? '[]') as Unsent[]
    return messages.every(({ attached }) => attached) ? messages : []
  } catch {
    return []
  }
}
