import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { Script } from './model.ts'

/** The named points of a turn, as they are seen from outside, in the order of a turn that nothing disturbs. */
export const POINTS = [
  /** The client's request is on its way, and the function has not got it. */
  'request-sent',
  /** The function calls `begin_turn`, and the database has not got it. */
  'begin-asked',
  /** The database has answered, and the function has not got it. */
  'begin-answered',
  /** The first bytes of the stream are on their way to the client. */
  'stream-begun',
  /** The model has the call, and has said nothing. */
  'model-called',
  'model-spoke',
  'part-sent',
  'append-asked',
  'append-answered',
  /** The model has said its last word. */
  'model-ended',
  'finish-asked',
  'finish-answered',
  /** `data-answer-complete` is on its way to the client. */
  'complete-sent',
  /** The model has the call for a title and follow-ups. */
  'follow-ups-called',
  'follow-ups-saved',
] as const
/** Those of a turn whose model calls tools. */
export const TOOL_POINTS = [
  /** The function has the calls kept, and the database has not got them. */
  'calls-asked',
  'calls-answered',
  /** The site's endpoint has a call, and has not answered. */
  'tool-called',
  'end-call-asked',
  'end-call-answered',
] as const
/** Those of a turn that waits for the visitor or for a page. */
export const WAIT_POINTS = ['wait-asked', 'wait-answered', 'waiting-sent', 'resume-asked', 'resume-answered'] as const
/** Those of a turn that is moderated: the provider has what is to be checked, and has not answered. */
export const MODERATION_POINTS = ['question-check-asked', 'answer-check-asked', 'follow-ups-check-asked'] as const
const ALL_POINTS = [...POINTS, ...TOOL_POINTS, ...WAIT_POINTS, ...MODERATION_POINTS] as const
export type Point = (typeof ALL_POINTS)[number]
/** Those of a request by which the visitor does something else than asking. */
export type ActPoint = 'act-sent' | 'act-answered'

/** Whether every turn comes to it, or every visitor who does something. */
export const isCommon = (point: Point | ActPoint): boolean =>
  point.startsWith('act-') || POINTS.some((common) => common === point)

/** What of a turn moderation flags: the question, the answer's end or its beginning, its title. */
export type Flagged = 'question' | 'answer' | 'beginning' | 'title'

/** What becomes of the request or the answer that is at a point: it passes, or it is lost. */
export type Fate = 'drop' | undefined
type Hook = () => Promise<Fate> | Fate

/** An outcome that a worker asked the database to store, as the database answered it. */
export interface Finish {
  call: string
  outputTokens: number | null
  status: number
}

/** One try at getting an answer, followed through the stack from outside. */
export class Trace {
  readonly text: string
  readonly reached = new Set<Point | ActPoint>()
  readonly finishes: Finish[] = []
  /** Whose the turn is, of the function's processes. */
  worker: number | null = null
  turnId: string | null = null
  /** Calls of the database for it that are under way. */
  asking = 0
  /** Every id that the database gave it. */
  readonly ids = new Set<string>()
  /** Played by the model's next answer, once. */
  script: Script | null = null
  readonly flagged: Flagged | null
  /** What the moderation provider does in place of checking: `false` where it checks after all. */
  moderation: ((response: ServerResponse) => Promise<boolean> | boolean) | null = null
  /** Tools that the model calls before it answers. */
  tools: readonly string[] = []
  /** The model waits in the middle of its answer, until the call is closed, for `MOST_WAITED_MS` at most. */
  waits = false
  /** Until this is settled the model says nothing more: something is about to strike in the middle of the turn. */
  held: Promise<unknown> | null = null
  #hooks: { point: Point | ActPoint; left: number; run: Hook }[] = []

  constructor(text: string, flagged: Flagged | null) {
    this.text = text
    this.flagged = flagged
  }

  /** Runs a hook when a point is reached for the `nth` time, once. What is at the point waits for it. */
  at(point: Point | ActPoint, run: Hook, nth = 1): void {
    // The hook is run from a server's request, and belongs to the visitor whose clock this is.
    this.#hooks.push({ point, left: nth, run: AsyncLocalStorage.bind(run) })
  }

  /** Nothing more goes wrong here. */
  disarm(): void {
    this.#hooks = []
    this.script = null
    this.moderation = null
  }

  async reach(point: Point | ActPoint): Promise<Fate> {
    this.reached.add(point)
    const due = this.#hooks.filter((hook) => hook.point === point && --hook.left === 0)
    this.#hooks = this.#hooks.filter((hook) => !due.includes(hook))
    const fates = await Promise.all(due.map(({ run }) => run()))
    return fates.includes('drop') ? 'drop' : undefined
  }
}

/** Finds the trace that a request belongs to. */
export class Traces {
  readonly #byKey = new Map<string, Trace>()

  /** By its turn's id. */
  find(key: unknown): Trace | undefined {
    return typeof key === 'string' ? this.#byKey.get(key) : undefined
  }

  /** The latest try at a question: by its text, its client's id for it, or a message that another answer is for. */
  findLatest({ text, id, messageId }: { text?: unknown; id?: unknown; messageId?: unknown }): Trace | undefined {
    const known = this.find(text) ?? this.find(id) ?? this.find(messageId)
    return known && this.find(known.text)
  }

  name(trace: Trace, key: unknown): void {
    if (typeof key === 'string') this.#byKey.set(key, trace)
  }
}
