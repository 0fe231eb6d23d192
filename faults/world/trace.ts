import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { OwnFile } from '../attach.ts'
import type { Received } from './forward.ts'
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
/** Those of a turn after which its conversation is summarized. */
export const SUMMARY_POINTS = ['summary-called', 'summary-asked', 'summary-answered'] as const
/** Those of a message with files, in their order: of each file but the last. */
export const FILE_POINTS = [
  /** The client asks where to upload, and the function has not got it. */
  'upload-asked',
  'begin-upload-asked',
  'begin-upload-answered',
  /** The function asks Storage for a link. */
  'link-asked',
  /** The function has answered, and the client has not got it. */
  'upload-begun',
  /** The bytes are on their way to Storage. */
  'bytes-sent',
  /** Storage has the bytes, and the client doesn't know. */
  'bytes-stored',
  /** The client says that the bytes are there. */
  'check-sent',
  /** The function reads them, to check them. */
  'bytes-read',
  'complete-upload-asked',
  'complete-upload-answered',
  /** They were checked, and the client doesn't know. */
  'checked-sent',
  /** The turn's worker reads them, to tell them the model. */
  'file-told',
] as const
const ALL_POINTS = [
  ...POINTS,
  ...TOOL_POINTS,
  ...WAIT_POINTS,
  ...MODERATION_POINTS,
  ...SUMMARY_POINTS,
  ...FILE_POINTS,
] as const
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
  /** What Storage does in place of what it is asked: `false` where it does that after all. */
  storage: ((received: Received) => Promise<boolean> | boolean) | null = null
  /** The next bytes of it that are sent are cut off in the middle. */
  cutsBytes = false
  /** Links by which its files were uploaded. */
  readonly links = new Set<string>()
  /** What its message was sent with. */
  files: readonly OwnFile[] = []
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
    this.storage = null
  }

  async reach(point: Point | ActPoint): Promise<Fate> {
    this.reached.add(point)
    const due = this.#hooks.filter((hook) => hook.point === point && --hook.left === 0)
    this.#hooks = this.#hooks.filter((hook) => !due.includes(hook))
    const fates = await Promise.all(due.map(({ run }) => run()))
    return fates.includes('drop') ? 'drop' : undefined
  }
}

/** What is known of a question. */
type Asked = Partial<Record<'text' | 'id' | 'messageId' | 'files', unknown>>

/** Finds the trace that a request belongs to. */
export class Traces {
  readonly #byKey = new Map<string, Trace>()

  /** By its turn's id. */
  find(key: unknown): Trace | undefined {
    return typeof key === 'string' ? this.#byKey.get(key) : undefined
  }

  /** The latest try at a question: by its text, its client's id for it, its first file, or a message that another answer is for. */
  findLatest({ text, id, messageId, files }: Asked): Trace | undefined {
    const [fileId] = Array.isArray(files) ? (files as unknown[]) : []
    const known = this.find(text) ?? this.find(id) ?? this.find(fileId) ?? this.find(messageId)
    return known && this.find(known.text)
  }

  name(trace: Trace, key: unknown): void {
    if (typeof key === 'string') this.#byKey.set(key, trace)
  }
}
