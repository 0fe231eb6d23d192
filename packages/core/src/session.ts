import type { OpenedSession, ThreadSummary } from '@loacl/wire'
import { isCredentialCode } from '@loacl/wire'
import { abortError, untilAborted } from './abort.ts'
import type { Edge } from './edge.ts'
import { LoaclError } from './errors.ts'
import { guarded } from './guarded.ts'
import { identifyDevice } from './identify.ts'
import { isSomebodyElse, newSession, reduceSession, type SessionAction, type SessionState } from './reduce_session.ts'
import { backOff, withRetries } from './retry.ts'
import type { SessionTokens } from './session_token.ts'
import type { Store } from './store.ts'
import { isCode, isSessionError } from './thread_host.ts'
import { createTransport, type Transport } from './transport.ts'
import type { Abortable, ClientOptions, ClientState, Credential } from './types.ts'

/** Who the visitor is: opens, identifies and signs out, in step with the other tabs of the same browser. */
export interface Session {
  transport: Transport
  open(signal?: AbortSignal): Promise<void>
  /** Runs a call of the visitor's; where their session is no more, opens a fresh one before passing the error on. */
  run<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T>
  identify(credential: Credential, options?: Abortable): Promise<void>
  signOut(options?: Abortable): Promise<void>
  /** The data of the visitor who had this token is gone at the server, and so are they here. */
  erased(token: string): void
  setThreads(threads: readonly ThreadSummary[]): void
  /** Aborted when the visitor is let go of: another one has another. */
  lifetime(): AbortSignal
  dispose(): void
}

export interface SessionOptions {
  assistant: string
  auth: ClientOptions['auth'] | undefined
  edge: Edge
  tokens: SessionTokens
  store: Store<ClientState>
  /** The visitor is let go of: nothing of theirs may stay. */
  onForget: () => void
}

/** What identifying a visitor needs of their session. */
export interface SessionContext {
  assistant: string
  tokens: SessionTokens
  state(): SessionState
  dispatch(action: SessionAction): void
  post(path: string, body: object | undefined, token: string, bearer: string | null): Promise<void>
  /** Lets go of the visitor here, and tells the server. */
  leave(how: 'visitor_left' | 'signed_out'): Promise<void>
  /** Waits for the token that another tab puts in the place of this one, where that is what `refusal` says. */
  awaitReplacement(refusal: unknown, token: string, signal: AbortSignal): Promise<void>
}

export function createSession({ assistant, auth, edge, tokens, store, onForget }: SessionOptions): Session {
  let state: SessionState = newSession(new AbortController())
  const transport = createTransport(edge, () => state.accessToken)
  const lifetime = () => state.lifetime.signal
  /** What aborts the requests of a visitor who is let go of. */
  const signedOut = new LoaclError('aborted', 'The visitor has signed out.')
  const disposal = new AbortController()

  function dispatch(action: SessionAction): void {
    state = reduceSession(state, action)
    store.set(state.snapshot)
  }

  /** Calls wait for `work` from now on. A failed change is told to who has asked for it; the others open anew. */
  function trackOpening(kind: 'open' | 'change', work: () => Promise<void>): Promise<void> {
    tokens.watch(followOtherTab, disposal.signal)
    let start!: (working: Promise<void>) => void
    const opening = new Promise<void>((resolve) => (start = resolve))
    dispatch({ type: `${kind}_begun`, opening })
    const fail = (error: LoaclError) => {
      dispatch({ type: `${kind}_failed`, opening, error })
      if (kind === 'open') throw error
    }
    start(work().catch(fail))
    return opening
  }

  async function open(signal?: AbortSignal): Promise<void> {
    lifetime().throwIfAborted()
    const opening = state.opening ?? trackOpening('open', enter)
    try {
      await untilAborted(opening, signal)
    } catch (error) {
      if (signal?.aborted || error !== signedOut) throw error
    }
    // Finds what another tab has done, too.
    tokens.current()
    if (state.opening !== opening) await open(signal)
  }

  /** Asks the page, if it can be asked, who the visitor is, and opens as them. */
  async function enter(): Promise<void> {
    const credential = auth && (await guarded([lifetime()], auth))
    if (credential) await identifyDevice(context, credential)
    else if (auth) dispatch({ type: 'nobody_identified' })
    await openSession(credential === null)
  }

  /** @param isNobody the page says that nobody is signed in */
  async function openSession(isNobody?: boolean): Promise<void> {
    const signal = lifetime()
    let token: string
    const { threads, ...rest } = await withRetries(
      () => {
        token = tokens.current()
        return transport.rpc<OpenedSession>('open_session', { assistant_id: assistant }, 'assistant', token, [signal])
      },
      {
        limit: 1,
        when: isSessionError,
        async before(error) {
          if (isCode(error, 'session_locked') && !isNobody) {
            if (auth) throw error
            // Pages that have the user's access token go on with that session.
            tokens.detach()
          }
          await awaitReplacement(error, token, signal)
          tokens.replace(token)
        },
      },
    )
    if (isNobody && rest.visitor.type === 'authenticated') {
      // The page knows nobody any more, and this device was not told.
      await leave('visitor_left')
      return await openSession()
    }
    const snapshot = { ...rest, status: 'open', threads: threads.items } as const
    if (isSomebodyElse(state, snapshot)) letGo('visitor_left')
    dispatch({ type: 'opened', snapshot })
  }

  /** The tab that had a token replaced has the fresh one at once or, while the answer is on its way, soon. */
  async function awaitReplacement(refusal: unknown, token: string, signal: AbortSignal): Promise<void> {
    const looking = withRetries(
      async () => {
        if (tokens.current() === token) throw refusal
      },
      { limit: 3, when: () => isCode(refusal, 'session_replaced'), before: (_, failures) => backOff(failures, signal) },
    )
    // Where none comes, this tab goes on with one of its own.
    await looking.catch(() => undefined)
    signal.throwIfAborted()
  }

  /** @param token whoever has it is let go of, too */
  function letGo(how: 'visitor_left' | 'signed_out', token?: string): void {
    lifetime().throwIfAborted()
    state.lifetime.abort(signedOut)
    onForget()
    if (token) tokens.replace(token)
    dispatch({ type: how, lifetime: new AbortController() })
  }

  async function leave(how: 'visitor_left' | 'signed_out'): Promise<void> {
    const token = tokens.current()
    letGo(how, token)
    await post('sign-out', undefined, token, null)
  }

  async function post(path: string, body: object | undefined, token: string, bearer: string | null): Promise<void> {
    await guarded([lifetime()], (signal) => transport.chat('POST', path, body, token, signal, bearer))
  }

  /** Another tab has said who the visitor is, or has signed out. */
  function followOtherTab(): void {
    dispatch({ type: 'token_replaced' })
    const before = state.opening
    // Nobody has asked for anything: where it fails, the next call meets the same, and says so.
    if (before)
      void trackOpening('change', async () => {
        await settled(before)
        dispatch({ type: 'token_replaced' })
        await openSession()
      })
  }

  const context: SessionContext = {
    assistant,
    tokens,
    state: () => state,
    dispatch,
    post,
    leave,
    awaitReplacement,
  }

  return {
    transport,
    open,
    async run(signal, call) {
      await open(signal)
      const { opening, lifetime: visitor } = state
      let token: string
      return await withRetries(() => call((token = tokens.current())), {
        limit: 1,
        when: LoaclError.is,
        async before(error) {
          // Who the visitor is may be changing right now.
          await settled(state.opening)
          // What one person has asked for is never done as another.
          await awaitReplacement(error, token, visitor.signal)
          // By another tab, or by `identify`: nothing has happened yet of what was asked.
          const isReplaced = tokens.current() !== token && (error as LoaclError).status !== undefined
          const isRenewed = auth && isCredentialCode((error as LoaclError).code)
          if (!isReplaced && !isSessionError(error) && !isRenewed) throw error
          if (!auth && !isCode(error, 'session_locked')) tokens.replace(token)
          dispatch({ type: 'call_refused', opening })
          await open(signal)
          const { snapshot } = state
          const isPerson = snapshot.status === 'open' && snapshot.visitor.type === 'authenticated'
          // Nor has it where the page has renewed it.
          if (visitor.signal.aborted || !(isReplaced || (auth && isPerson))) throw error
        },
      })
    },
    async identify(credential, { signal } = {}) {
      if (signal?.aborted) throw abortError(signal)
      lifetime().throwIfAborted()
      const before = state.opening
      let identifying!: Promise<void>
      const identify = async () => {
        // If an opening under way fails, that is for its own callers.
        await settled(before)
        if (signal?.aborted) throw abortError(signal)
        await identifyDevice(context, credential)
        await openSession()
      }
      // Whoever calls in the meantime waits until it is known who they are, and goes on as they were where that fails.
      void trackOpening('change', () => (identifying = identify()))
      await untilAborted(identifying, signal)
    },
    async signOut({ signal } = {}) {
      if (signal?.aborted) throw abortError(signal)
      await untilAborted(leave('signed_out'), signal)
    },
    erased: (token) => letGo('signed_out', token),
    setThreads: (threads) => dispatch({ type: 'threads_changed', threads }),
    lifetime,
    dispose() {
      const error = new LoaclError('disposed', 'The client is disposed.')
      disposal.abort()
      state.lifetime.abort(error)
      dispatch({ type: 'disposed', error })
    },
  }
}

const settled = (work: Promise<void> | null): Promise<void> | undefined => work?.catch(() => undefined)
