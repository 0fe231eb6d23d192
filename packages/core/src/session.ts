import type { OpenedSession } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import type { Edge } from './edge.ts'
import { LoaclError } from './errors.ts'
import { guarded } from './guarded.ts'
import { randomToken } from './random.ts'
import { delayBefore } from './reconnect.ts'
import type { SessionTokens } from './session_token.ts'
import type { Store } from './store.ts'
import { isCode, isSessionError } from './thread_host.ts'
import { createTransport, type Transport } from './transport.ts'
import type { ClientOptions, ClientState, Credential } from './types.ts'

/** Who the visitor is: opens, identifies and signs out, in step with the other tabs of the same browser. */
export interface Session {
  transport: Transport
  open(signal?: AbortSignal): Promise<void>
  /** Runs a call of the visitor's; where their session is no more, opens a fresh one before passing the error on. */
  run<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T>
  identify(credential: Credential): Promise<void>
  signOut(): Promise<void>
  /** The data of the visitor who had this token is gone at the server, and so are they here. */
  erased(token: string): void
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

export function createSession({ assistant, auth, edge, tokens, store, onForget }: SessionOptions): Session {
  let accessToken: string | null = null
  const transport = createTransport(edge, () => accessToken)
  /** Says to whoever waited to open anew. */
  const gone = new LoaclError('aborted', 'The visitor has signed out.')
  const goOn = () => {
    throw gone
  }
  const disposal = new AbortController()
  let lifetime = new AbortController()
  let opening: Promise<void> | null = null
  /** Another tab has put a token in the place of this one's: it may be somebody else's. */
  let isForeign = false
  /** Who is shown has been identified. */
  let isPerson = false
  /** Of a request to identify that nobody has answered: sent again, it finds what it did. */
  let asked = { token: '', newToken: '' }

  /** @param isNobody the host says that nobody is signed in */
  async function openSession(isNobody?: boolean, isAgain?: boolean): Promise<void> {
    const { signal } = lifetime
    const token = tokens.current()
    let opened: OpenedSession
    try {
      opened = await transport.rpc('open_session', { assistant_id: assistant }, 'assistant', token, [signal])
    } catch (error) {
      if (isAgain || !isSessionError(error)) throw error
      if (isCode(error, 'session_locked') && !isNobody) {
        if (auth) throw error
        // Pages that have the user's access token go on with that session.
        tokens.detach()
      }
      await awaitReplacement(error, token, signal)
      tokens.replace(token)
      return await openSession(isNobody, true)
    }
    if (isNobody && opened.visitor.type === 'authenticated') {
      // The host knows nobody any more, and this device was not told.
      await leave()
      return await openSession()
    }
    show(opened)
  }

  /** The tab that had a token replaced has the fresh one at once or, while the answer is on its way, soon. */
  async function awaitReplacement(error: unknown, token: string, signal: AbortSignal): Promise<void> {
    for (let tries = 1; isCode(error, 'session_replaced') && tokens.current() === token && tries < 4; tries++)
      await delayBefore(tries, signal)
    signal.throwIfAborted()
  }

  async function post(path: string, body: object | undefined, token: string, bearer: string | null): Promise<void> {
    await guarded([lifetime.signal], (signal) => transport.chat('POST', path, body, token, signal, bearer))
  }

  /** Makes this device's session a person's. Its token, which somebody else may know, gives way to a fresh one. */
  async function bind(credential: Credential): Promise<void> {
    const token = tokens.current()
    if (asked.token !== token) asked = { token, newToken: randomToken() }
    const { newToken } = asked
    const { accessToken: bearer = null, identityToken }: { accessToken?: string | null; identityToken?: string } =
      credential
    await post('identify', { assistantId: assistant, newToken, identityToken }, token, bearer)
    accessToken = bearer
    tokens.replace(token, newToken)
  }

  /** The same, on a device that another person may have left without signing out. */
  async function bindAfresh(credential: Credential, tries = 2): Promise<void> {
    const { signal } = lifetime
    const token = tokens.current()
    try {
      await bind(credential)
    } catch (error) {
      // In conflict: the same fresh token, in a request whose answer was lost, has become another person's.
      if (!tries || !(isSessionError(error) || isCode(error, 'id_conflict'))) throw error
      await awaitReplacement(error, token, signal)
      if (tokens.current() === token) await leave()
      await bindAfresh(credential, tries - 1)
    }
  }

  /** Lets go of the visitor; whoever has `token` now is somebody else. */
  function forget(token?: string): void {
    lifetime.signal.throwIfAborted()
    lifetime.abort(gone)
    lifetime = new AbortController()
    accessToken = null
    onForget()
    if (token) tokens.replace(token)
    store.set({ status: 'idle' })
  }

  /** The same at the server, too. */
  async function leave(): Promise<void> {
    const token = tokens.current()
    forget(token)
    await post('sign-out', undefined, token, null)
  }

  /** Who was here before, and is somebody else, is let go of first. */
  function show(opened: OpenedSession): void {
    const { sessionId } = opened.visitor
    const threads = opened.threads.items
    const last = store.getSnapshot()
    if (last.status === 'open' && (isForeign || isPerson)) {
      // Their session may have been made since.
      const known =
        last.visitor.sessionId ?? (last.threads.every(({ id }) => threads.some((now) => now.id === id)) && sessionId)
      if (known !== sessionId || !sessionId) forget()
    }
    isForeign = false
    isPerson = opened.visitor.type === 'authenticated'
    store.set({ ...opened, status: 'open', threads })
  }

  /** Asks the host, if it can be asked, who the visitor is, and opens as them. */
  async function enter(): Promise<void> {
    const credential = auth && (await guarded([lifetime.signal], auth))
    if (credential) await bindAfresh(credential)
    else if (auth) accessToken = null
    await openSession(credential === null)
  }

  async function load(how: () => Promise<void>): Promise<void> {
    tokens.watch(reopen, disposal.signal)
    if (store.getSnapshot().status !== 'open') store.set({ status: 'opening' })
    try {
      await how()
    } catch (error) {
      // What was shown stays: who has asked for more is told.
      if (store.getSnapshot().status !== 'open' && LoaclError.is(error) && error !== gone)
        store.set({ status: 'failed', error })
      throw error
    }
  }

  /** Calls wait for `work` from now on. What has failed is begun anew by the next one. */
  function hold(work: Promise<void>): Promise<void> {
    work.catch(() => {
      if (opening === work) opening = null
    })
    return (opening = work)
  }

  async function open(signal?: AbortSignal): Promise<void> {
    lifetime.signal.throwIfAborted()
    const waited = opening ?? hold(load(enter))
    try {
      await untilAborted(waited, signal)
    } catch (error) {
      if (signal?.aborted || error !== gone) throw error
    }
    // Finds what another tab has done, too.
    tokens.current()
    if (opening !== waited) await open(signal)
  }

  /** Another tab has said who the visitor is, or has signed out. */
  function reopen(): void {
    isForeign = true
    // Nobody has asked for anything: where it fails, the next call meets the same, and says so.
    if (opening) hold(follow(opening).catch(goOn))
  }

  async function follow(before: Promise<void>): Promise<void> {
    await settled(before)
    isForeign = true
    await openSession()
  }

  return {
    transport,
    open,
    async run(signal, call) {
      await open(signal)
      const opened = opening
      const at = lifetime.signal
      const token = tokens.current()
      try {
        return await call(token)
      } catch (error) {
        // Who the visitor is may be changing right now.
        await settled(opening)
        // What one person has asked for is never done as another.
        await awaitReplacement(error, token, at)
        // By another tab, or by `identify`: nothing has happened yet of what was asked.
        const isReplaced = tokens.current() !== token && LoaclError.is(error) && error.status !== undefined
        if (!isReplaced && !isSessionError(error) && !(auth && isCode(error, 'access_token_invalid'))) throw error
        if (!auth && !isCode(error, 'session_locked')) tokens.replace(token)
        if (opening === opened) opening = null
        await open(signal)
        // Nor has it where the host has renewed it.
        if (!at.aborted && (isReplaced || (auth && isPerson))) return await call(tokens.current())
        throw error
      }
    },
    identify(credential) {
      const before = opening
      const identifying = (async () => {
        lifetime.signal.throwIfAborted()
        // If an opening under way fails, that is for its own callers.
        await settled(before)
        await bindAfresh(credential)
        await load(openSession)
      })()
      // Whoever calls in the meantime waits until it is known who they are, and goes on as they were where that fails.
      hold(identifying.catch(goOn))
      return identifying
    },
    async signOut() {
      opening = null
      await leave()
    },
    erased(token) {
      opening = null
      forget(token)
    },
    lifetime: () => lifetime.signal,
    dispose() {
      disposal.abort()
      lifetime.abort(new LoaclError('disposed', 'The client is disposed.'))
    },
  }
}

const settled = (work: Promise<void> | null): Promise<void> | undefined => work?.catch(() => undefined)
