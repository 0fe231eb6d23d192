import {
  type ClientState,
  type FileOfMessage,
  type LoaclClient,
  LoaclError,
  type Message,
  type Page,
  type PublicAssistant,
  type Readable,
  type Thread,
  type ThreadState,
  type ThreadSummary,
  type ToolHandler,
  type Turn,
  type TurnResult,
} from '@loacl/core'

/** A value that a test sets and the model watches. */
function createValue<S>(first: S): Readable<S> & { set(next: S): void } {
  const listeners = new Set<() => void>()
  let value = first
  return {
    getSnapshot: () => value,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(next) {
      value = next
      for (const listener of listeners) listener()
    },
  }
}

export const message = (fields: Partial<Message>): Message => ({
  id: 'm1',
  clientId: null,
  role: 'user',
  author: 'visitor',
  status: 'completed',
  content: '',
  parts: [],
  errorCode: null,
  cutReason: null,
  createdAt: '2026-11-22T08:00:00Z',
  suggestions: [],
  ...fields,
})

export const summary = (id: string, lastMessageAt: string, title: string | null = id): ThreadSummary => ({
  id,
  title,
  status: 'active',
  createdAt: lastMessageAt,
  lastMessageAt,
})

const ASSISTANT: PublicAssistant = {
  id: 'a1',
  name: 'Ada',
  description: null,
  greeting: null,
  appearance: {},
  maxMessageLength: 20,
  fingerprint: false,
  pageContext: true,
  imageHosts: [],
  files: null,
}

export interface ScriptedThread extends Thread {
  set(change: Partial<ThreadState>): void
  /** Ends the turn that is running. */
  end(result: TurnResult): void
  /** The texts that `send` was given. */
  readonly sent: string[]
  /** What it was given with the last one. */
  sentWith: { suggestionId?: string | undefined; files?: readonly FileOfMessage[] | undefined }
  /** The client ids that `send` was given. */
  readonly sentIds: (string | null | undefined)[]
  readonly calls: string[]
  failLoad: LoaclError | null
  /** Whether `send` takes nothing. */
  refuses: boolean
}

function createThread(threadId: string): ScriptedThread {
  const state = createValue<ThreadState>({
    id: threadId,
    title: null,
    messages: [],
    hasOlder: false,
    turn: { status: 'idle' },
  })
  let finish: ((result: TurnResult) => void) | undefined
  const set = (change: Partial<ThreadState>) => state.set({ ...state.getSnapshot(), ...change })
  const begin = (text: string): Turn => {
    const done = new Promise<TurnResult>((resolve) => (finish = resolve))
    const turn = { id: `turn of ${text}`, done, stop: () => {} } as Turn
    set({ turn: { status: 'sending', turn } })
    return turn
  }
  const thread: ScriptedThread = {
    ...state,
    set,
    sent: [],
    sentWith: {},
    sentIds: [],
    calls: [],
    failLoad: null,
    refuses: false,
    end(result) {
      if (result.status === 'failed') {
        const { error } = result
        const messages = state
          .getSnapshot()
          .messages.map((each) =>
            each.status === 'sending' ? { ...each, status: 'failed' as const, errorCode: error.code } : each,
          )
        set({ turn: { status: 'failed', error }, messages })
      } else set({ turn: { status: 'idle' } })
      finish?.(result)
    },
    async load() {
      thread.calls.push('load')
      if (thread.failLoad) throw thread.failLoad
    },
    loadOlder: async () => void thread.calls.push('loadOlder'),
    send(input, { id } = {}) {
      const { text, ...rest } = typeof input === 'string' ? { text: input } : input
      thread.sent.push(text)
      thread.sentWith = rest
      thread.sentIds.push(id)
      if (thread.refuses || state.getSnapshot().turn.status === 'sending') {
        const done = Promise.resolve<TurnResult>({ status: 'failed', error: new LoaclError('too_many_files') })
        return { id: 'refused', done } as Turn
      }
      set({
        messages: [
          ...state.getSnapshot().messages,
          message({ id: `turn of ${text}`, clientId: `turn of ${text}`, content: text, status: 'sending' }),
        ],
      })
      return begin(text)
    },
    retry() {
      thread.calls.push('retry')
      return begin('retry')
    },
    edit: (_, input) => begin(typeof input === 'string' ? input : input.text),
    regenerate: () => begin('regenerate'),
    continue: () => begin('continue'),
    select: async () => {},
    resume: () => null,
    stop: () => void thread.calls.push('stop'),
    rename: async () => {},
    archive: async () => {},
    delete: async () => {},
    restore: async () => {},
    feedback: async () => {},
    approve: async (callId) => void thread.calls.push(`approve ${callId}`),
    deny: async (callId) => void thread.calls.push(`deny ${callId}`),
  }
  return thread
}

/** A client whose every answer a test scripts. */
export interface ScriptedClient extends LoaclClient {
  readonly byId: Map<string, ScriptedThread>
  /** The threads that `create` made, in order. */
  readonly created: ScriptedThread[]
  opens: number
  failOpen: LoaclError | null
  visitor: Extract<ClientState, { status: 'open' }>['visitor']
  threadsAtOpening: readonly ThreadSummary[]
  pages: (Page<ThreadSummary> | LoaclError)[]
  readonly cursors: (string | null | undefined)[]
  /** Those that are registered. */
  readonly tools: Record<string, ToolHandler>
}

export function createScriptedClient(): ScriptedClient {
  const state = createValue<ClientState>({ status: 'idle' })
  const client: ScriptedClient = {
    assistant: ASSISTANT.id,
    project: 'abc.supabase.co',
    ...state,
    tools: {},
    registerTool(name, run) {
      client.tools[name] = run
      return () => delete client.tools[name]
    },
    byId: new Map(),
    created: [],
    opens: 0,
    failOpen: null,
    visitor: { sessionId: null, type: 'guest' },
    threadsAtOpening: [],
    pages: [],
    cursors: [],
    async open() {
      client.opens++
      state.set({ status: 'opening' })
      await Promise.resolve()
      if (client.failOpen) {
        state.set({ status: 'failed', error: client.failOpen })
        throw client.failOpen
      }
      const { visitor, threadsAtOpening: threads } = client
      state.set({ status: 'open', assistant: ASSISTANT, questions: [], visitor, threads })
    },
    threads: {
      async list({ cursor } = {}) {
        client.cursors.push(cursor)
        const page = client.pages.shift() ?? { items: [], nextCursor: null }
        if (LoaclError.is(page)) throw page
        return page
      },
      get(id) {
        const thread = client.byId.get(id) ?? createThread(id)
        client.byId.set(id, thread)
        return thread
      },
      create({ id = `new ${client.created.length}` } = {}) {
        const thread = createThread(id)
        client.created.push(thread)
        return thread
      },
    },
    files: {
      upload: () => Promise.reject(new LoaclError('files_unsupported')),
      link: () => Promise.reject(new LoaclError('file_not_found')),
      remove: async () => {},
    },
    identify: async () => {},
    setContext: async () => {},
    signOut: async () => state.set({ status: 'idle' }),
    exportData: async () => ({ exportedAt: '', sessions: [], threads: [], files: [], uploads: [] }),
    eraseData: async () => {},
    dispose: () => {},
  }
  return client
}
