import { type OpenedSession, type Shape, TEXT } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import { LoaclError } from './errors.ts'
import { loadOnDemand, settled, withRecovery } from './load_on_demand.ts'
import type { ProjectClient } from './project_client.ts'
import { isShown, newSession, reduceSession, type SessionAction, type SessionState } from './reduce_session.ts'
import type { SessionTokens } from './session_token.ts'
import { createStore } from './store.ts'
import { toClientError } from './timeout.ts'
import { createTransport, type Transport } from './transport.ts'
import type { Abortable, ClientOptions, ClientState, Credential, Readable } from './types.ts'

const OPENED: Shape = {
  assistant: { name: TEXT },
  questions: [{}],
  visitor: { type: TEXT },
  threads: { items: [{}] },
}

/** What the page has of it. */
export interface VisitorSession extends Readable<ClientState> {
  /** Opens the session where it isn't open. */
  open(options?: Abortable): Promise<void>
  identify(credential: Credential, options?: Abortable): Promise<void>
  signOut(options?: Abortable): Promise<void>
  dispose(): void
}

/** Who the visitor is: opens, identifies and signs out, in step with the other tabs of the same browser. */
export interface Session {
  visitor: VisitorSession
  transport: Transport
  /** Runs a call of the visitor's; where their session is no more, opens a fresh one before passing the error on. */
  run<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T>
  /**
   * Calls a function of the database, opening first. `shape`: what is used of its result, `{}` where nothing is.
   * A session that is no more has been replaced when this rejects with a code that begins with `session_`.
   */
  rpc<T>(name: string, args: object, shape: Shape, signal: AbortSignal | undefined): Promise<T>
  /** Sends a request to the function `loacl-chat`; its session is handled as in `rpc`. */
  chat(path: string, body: object | null | undefined, signal: AbortSignal): Promise<Response>
  /** Drops the visitor here. @param token replaced, where the visitor has it */
  drop(how: 'visitor_dropped' | 'signed_out', token?: string): void
  dispatch(...action: SessionAction): void
  /** Aborted when the visitor is dropped: the next one has another. */
  lifetime(): AbortSignal
}

export interface SessionOptions {
  assistant: string
  auth: ClientOptions['auth'] | undefined
  project: ProjectClient
  tokens: SessionTokens
  /** The visitor is dropped: nothing of theirs may stay. */
  onDrop: () => void
}

/** What identifying a visitor, and going on after a refusal, needs of their session. */
export interface SessionContext {
  assistant: string
  auth: ClientOptions['auth'] | undefined
  tokens: SessionTokens
  state(): SessionState
  dispatch(...action: SessionAction): void
  transport: Transport
  /** Drops the visitor here, and ends their session at the server. */
  signOutVisitor(how: 'visitor_dropped' | 'signed_out'): Promise<void>
}

export function createSession({ assistant, auth, project, tokens, onDrop }: SessionOptions): Session {
  /** What the requests of a visitor who is dropped are aborted with. Made only then: an error reads its stack, which takes time. */
  let signedOut: LoaclError | null = null
  let state: SessionState = newSession(new AbortController())
  const { set, ...shown } = createStore<ClientState>(state.snapshot)
  const transport = createTransport(project, () => state.accessToken)
  const lifetime = () => state.lifetime.signal
  const disposal = new AbortController()

  function dispatch(...action: SessionAction): void {
    state = reduceSession(state, ...action)
    set(state.snapshot)
  }

  /** Calls wait for `work` from now on. Where an `open` fails, they fail with it; where a `change` fails, they open anew. */
  function trackOpening(kind: 'open' | 'change', work: () => Promise<void>): Promise<void> {
    tokens.watch(followOtherTab, disposal.signal)
    let start!: (working: Promise<void>) => void
    const opening = new Promise<void>((resolve) => (start = resolve))
    dispatch(`${kind}_begun`, opening)
    const fail = (cause: unknown) => {
      const error = toClientError(cause, lifetime())
      dispatch(`${kind}_failed`, opening, error)
      if (kind === 'open') throw error
    }
    start(work().catch(fail))
    return opening
  }

  async function open({ signal }: Abortable = {}): Promise<void> {
    lifetime().throwIfAborted()
    let opening: Promise<void> | null = null
    const begin = () => (opening = state.opening ?? trackOpening('open', enter))
    try {
      await untilAborted(begin, signal)
    } catch (error) {
      if (signal?.aborted || error !== signedOut) throw error
    }
    // Calls `followOtherTab` where another tab has replaced the token.
    tokens.current()
    if (state.opening !== opening) await open({ signal })
  }

  /** Asks the page, if it can be asked, who the visitor is, and opens as them. */
  async function enter(): Promise<void> {
    // Returning and identified visitors need it soon: fetched in parallel.
    if (auth || tokens.isStored()) void settled(loadOnDemand())
    const signal = lifetime()
    await openSession(auth && (await (await loadOnDemand()).enterAs(context, auth, signal)))
  }

  /** @param isNobody the page says that nobody is signed in */
  async function openSession(isNobody?: boolean): Promise<void> {
    const signal = lifetime()
    let token: string
    const { threads, ...rest } = await withRecovery(
      () => {
        token = tokens.current()
        return transport.rpc<OpenedSession>('open_session', { assistant_id: assistant }, OPENED, token, [signal])
      },
      (onDemand, refusal) => onDemand.recoverOpening(context, refusal, token, signal, !!isNobody),
    )
    if (isNobody && rest.visitor.type === 'authenticated') {
      // Signed out at the page, and not here yet.
      await signOutVisitor('visitor_dropped')
      return await openSession()
    }
    const snapshot = { ...rest, status: 'open', threads: threads.items } as const
    if (isShown(state)) {
      const { isOtherVisitor } = await loadOnDemand()
      signal.throwIfAborted()
      if (isOtherVisitor(state, snapshot)) dropVisitor('visitor_dropped')
    }
    dispatch('opened', snapshot)
  }

  /** @param token replaced, where the visitor has it */
  function dropVisitor(how: 'visitor_dropped' | 'signed_out', token?: string): void {
    lifetime().throwIfAborted()
    state.lifetime.abort((signedOut ??= new LoaclError('aborted')))
    onDrop()
    if (token) tokens.replace(token)
    dispatch(how, new AbortController())
  }

  async function signOutVisitor(how: 'visitor_dropped' | 'signed_out'): Promise<void> {
    const token = tokens.current()
    dropVisitor(how, token)
    await (await loadOnDemand()).post(context, 'sign-out', {}, token, null)
  }

  /** Calls wait until `work` is done and the session opened again. Where it fails, they go on as the visitor they were. */
  function changeVisitor(work: () => Promise<void> | void, signal?: AbortSignal): Promise<void> {
    const before = state.opening
    let changing!: Promise<void>
    async function change(): Promise<void> {
      lifetime().throwIfAborted()
      // If an opening under way fails, that is for its own callers.
      await settled(before)
      await work()
      await openSession()
    }
    const begin = () => {
      void trackOpening('change', () => (changing = change()))
      return changing
    }
    return untilAborted(begin, signal)
  }

  const noteReplacement = () => dispatch('token_replaced')

  /** Another tab has identified the visitor, or signed them out. */
  function followOtherTab(): void {
    noteReplacement()
    // No call waits for this: where it fails, the next one opens, and fails with the reason.
    if (state.opening) void settled(changeVisitor(noteReplacement))
  }

  const context: SessionContext = {
    assistant,
    auth,
    tokens,
    state: () => state,
    dispatch,
    transport,
    signOutVisitor,
  }

  async function run<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T> {
    await open({ signal })
    const before = state
    let token: string
    return withRecovery(
      () => call((token = tokens.current())),
      (onDemand, refusal) => onDemand.recoverCall(context, refusal, token, before, () => open({ signal })),
    )
  }

  return {
    visitor: {
      ...shown,
      open,
      identify: (credential, { signal } = {}) =>
        changeVisitor(async () => (await loadOnDemand()).identifyDevice(context, credential, signal), signal),
      signOut: ({ signal } = {}) => untilAborted(() => signOutVisitor('signed_out'), signal),
      dispose() {
        const error = new LoaclError('disposed')
        disposal.abort()
        state.lifetime.abort(error)
        dispatch('disposed', error)
        onDrop()
      },
    },
    transport,
    run,
    rpc: (name, args, shape, signal) =>
      run(signal, (token) => transport.rpc(name, args, shape, token, [lifetime(), signal])),
    chat: (path, body, signal) => run(signal, (token) => transport.chat(path, body, signal, token)),
    drop: dropVisitor,
    dispatch,
    lifetime,
  }
}
