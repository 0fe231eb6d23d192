import {
  createClient,
  type Credential,
  type ErrorCode,
  type LoaclClient,
  type LoaclError,
  type Message,
  type Turn,
} from '@loacl/core'
import type { OwnFile } from './attach.ts'
import { createTab, isAtRest, threadOf, turnOf, type Tab } from './tab.ts'
import type { Assistant } from './world/assistant.ts'
import { withClock, type Clock } from './world/clock.ts'
import { FLAGGED_WORD } from './world/moderator.ts'
import { Trace, type Flagged } from './world/trace.ts'
import type { World } from './world/world.ts'

/** What the visitor did beside asking. */
interface Act {
  name: string
  run: () => Promise<void>
  done: Promise<void>
  error: LoaclError | null
}

/** A message as a person sees it. */
export const lineOf = ({ role, status, errorCode, cutReason, content, parts }: Message): string => {
  const calls = parts.flatMap((part) =>
    part.type === 'dynamic-tool' ? `${part.toolName} ${part.state} ${part.errorText ?? ''}` : [],
  )
  const files = parts.flatMap((part) => (part.type === 'file' ? `${part.filename} ${part.url}` : []))
  const words = [role, status, errorCode ?? cutReason ?? '', JSON.stringify(content), ...calls, ...files]
  return words.join(' ').trimEnd()
}

/** By what a question is known: its words, or the name of the file that it is. */
export const textOf = ({ content, parts }: Message): string =>
  content || parts.flatMap((part) => (part.type === 'file' ? (part.filename ?? '') : []))[0] || ''

/** A person with one browser, whose tabs share a storage. */
export class Visitor {
  readonly name: string
  readonly world: World
  readonly assistant: Assistant
  readonly clock: Clock = { ahead: 0 }
  /** The page that the visitor looks at, if any. */
  tab: Tab | null = null
  /** What that page left in its browser's tab. */
  remembered: Tab['memory'] | undefined
  readonly otherTabs: Tab[] = []
  /** Texts of the questions that were put to the assistant. */
  readonly questions: string[] = []
  readonly traces: Trace[] = []
  /** Settle when what the pages have begun is over. */
  readonly pending: Promise<unknown>[] = []
  /** What is waited for in the story. */
  stage = 'the first page opens'
  act: Act | null = null
  hasErased = false
  hasSignedOut = false
  hasDeleted = false
  /** The trace that was under way when the visitor pressed stop, if the model was not done then. */
  stopped: Trace | null = null
  readonly files: OwnFile[] = []
  /** Questions that they went away from before they were sent. */
  readonly unsent = new Set<string>()
  /** What they were told when they sent those. */
  readonly told: ErrorCode[] = []
  title: string | null = null
  /** Questions for which a page of theirs has run its tool. */
  readonly painted: string[] = []
  /** Calls that they have said no to. */
  readonly denied = new Set<string>()
  /** An answer beside the one that is shown. */
  sibling: string | null = null
  readonly #items = new Map<string, string>()

  constructor(name: string, world: World, assistant: Assistant) {
    this.name = name
    this.world = world
    this.assistant = assistant
  }

  /** Whether they are somebody else now, or elsewhere. */
  get hasLeft(): boolean {
    return this.hasErased || this.hasSignedOut || this.hasDeleted
  }

  get trace(): Trace | undefined {
    return this.traces.at(-1)
  }

  async credential(): Promise<Credential> {
    return { identityToken: await this.assistant.signIdentity(`person-${this.name}`) }
  }

  createClient(): LoaclClient {
    const items = this.#items
    const client = withClock(this.clock, () =>
      createClient({
        url: `${this.world.clientUrl}/${this.name}`,
        key: this.world.stack.publishableKey,
        assistant: this.assistant.id,
        storage: {
          getItem: (key) => items.get(key) ?? null,
          setItem: (key, value) => void items.set(key, value),
          removeItem: (key) => void items.delete(key),
        },
      }),
    )
    client.registerTool('paint', ({ question }) => {
      this.painted.push(String(question))
      return { painted: true }
    })
    return client
  }

  /** Opens a page, on the conversation that its tab showed last or else the newest, and follows the turn in it. */
  async openTab(remembered?: Tab['memory']): Promise<Tab> {
    const client = this.createClient()
    // A page that was not told how it went says once more who the visitor is.
    if (this.act?.name === 'identify' && this.act.error) await client.identify(await this.credential())
    await client.open()
    const tab = createTab(client, remembered)
    await tab.model.start()
    const { loading } = tab.model.getSnapshot()
    if (typeof loading === 'object') throw loading
    this.#await(turnOf(tab))
    return tab
  }

  #await(turn: Turn | null): void {
    if (turn) this.pending.push(turn.done)
  }

  /** A new try at an answer: to a new question, or once more to the last one. */
  beginTrace(again?: string, flagged: Flagged | null = null): Trace {
    const text = again ?? this.#nextQuestion(flagged)
    const trace = new Trace(text, flagged)
    if (!this.questions.includes(text)) this.questions.push(text)
    this.traces.push(trace)
    this.world.traces.name(trace, text)
    this.world.traces.name(trace, this.name)
    this.world.traces.name(trace, `${text} (continued)`)
    this.world.current.set(this.name, trace)
    return trace
  }

  #nextQuestion(flagged: Flagged | null): string {
    const question = `Question ${this.questions.length + 1} of ${this.name}?`
    return flagged === 'question' ? `${question} It is ${FLAGGED_WORD}.` : question
  }

  ask({ text }: Trace, tab: Tab = this.tab!): Turn {
    const turn = tab.model.send(text)
    this.#await(turn)
    return turn
  }

  /** Presses "try again". */
  retry(tab: Tab = this.tab!): Turn | null {
    tab.model.retry()
    const turn = turnOf(tab)
    this.#await(turn)
    return turn
  }

  /** Presses Enter in the composer. */
  submit(tab: Tab): Turn | null {
    tab.model.submit()
    const turn = turnOf(tab)
    this.#await(turn)
    return turn
  }

  /** A turn that was begun otherwise than by a question. */
  follow(turn: Turn): Turn {
    this.#await(turn)
    return turn
  }

  /** Waits until a page shows an answer that is over, or one that waits for the visitor. */
  rest(tab: Tab): Promise<void> {
    const thread = threadOf(tab)
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => isAtRest(thread.getSnapshot().turn) && resolve()
    thread.subscribe(look)
    look()
    this.pending.push(promise)
    return promise
  }

  /** Resolves when all that the pages have begun is over. */
  async settled(): Promise<void> {
    for (let known = -1; known !== this.pending.length;) {
      known = this.pending.length
      await Promise.all(this.pending)
    }
  }

  /** Does what may fail, and remembers how it went. */
  perform(name: string, run: () => Promise<void>): Promise<void> {
    const act: Act = { name, run, done: Promise.resolve(), error: null }
    act.done = run().catch((error: LoaclError) => {
      act.error = error
    })
    this.act = act
    this.pending.push(act.done)
    return act.done
  }
}
