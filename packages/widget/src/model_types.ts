import type { LoaclClient, PageContext, Readable, Turn } from '@loacl/core'
import type { Store } from './store.ts'
import type { Attachment, ModelState } from './model_state.ts'
import type { TabMemory } from './tab_memory.ts'
import type { WidgetEvents } from './types.ts'

/** What the page says of itself, and whether the visitor leaves it out. */
export interface Said {
  readonly page: PageContext
  /** `once`: of the next message alone. */
  readonly left: 'once' | 'always' | null
}

export interface ModelOptions {
  client: LoaclClient
  memory: TabMemory
  emit: <K extends keyof WidgetEvents>(type: K, event: WidgetEvents[K]) => void
  /** Puts off what a stream changes to the next frame, so that the panel renders at most once in each. */
  frame?: (run: () => void) => void
  now?: () => number
}

/** What a widget knows and can do, without a word of how it looks. */
export interface Model extends Readable<ModelState> {
  readonly client: LoaclClient
  readonly memory: TabMemory
  /** What the page says of itself, once it has said something: the feature `context` keeps it here. */
  context?: Store<Said | null>
  /** Tells the page. */
  readonly emit: ModelOptions['emit']
  /** Opens the session, and brings back the conversation that this tab showed last, or a recent one. Never rejects. */
  start(): Promise<void>
  type(text: string): void
  /** Puts these in place of what was attached to the draft. */
  attach(attached: readonly Attachment[]): void
  /** Sends what the composer holds: all that is attached is uploaded. */
  submit(): void
  send(text: string, suggestionId?: string): Turn
  stop(): void
  /** Tries again what failed, or the last answer. */
  retry(): void
  select(threadId: string): Promise<void>
  newThread(): void
  loadOlder(): Promise<void>
  showChat(): void
  showConversations(): void
  dispose(): void
}
