import type { GuidedQuestion, PublicAssistant } from '@loacl/wire'
import { type Clock, createClock } from './clock.ts'
import type { Refusal } from './refusal.ts'
import type { ScriptedAnswer } from './scripted_answer.ts'
import type { StoredFile } from './stored_file.ts'
import type { StoredThread } from './stored_thread.ts'
import type { TestTurn } from './test_turn_types.ts'
import { createVisitors, type Visitors } from './visitors.ts'

/** What the next question gets: an answer, or a refusal. */
export type Scripted = ScriptedAnswer | Refusal

interface Owned {
  assistant: PublicAssistant
  questions: readonly GuidedQuestion[]
  /** What answers the next question. Throws what refuses it. */
  nextAnswer(question: string): ScriptedAnswer
}

/** What a test project holds, in place of a database. */
export interface ProjectState extends Owned {
  clock: Clock
  visitors: Visitors
  threads: Map<string, StoredThread>
  turns: Map<string, TestTurn>
  files: Map<string, StoredFile>
  /** When a message was stopped that had not come yet, by its sender's token and its id. */
  keptStops: Map<string, number>
  /** The site's own ids of its visitors, by token. */
  identityTokens: Map<string, string>
  /** Ids of Supabase users, by token. */
  accessTokens: Map<string, string>
}

export function newProjectState(owned: Owned): ProjectState {
  const clock = createClock()
  return {
    ...owned,
    clock,
    visitors: createVisitors(clock),
    threads: new Map(),
    turns: new Map(),
    files: new Map(),
    keptStops: new Map(),
    identityTokens: new Map(),
    accessTokens: new Map(),
  }
}

/** The turn that is being answered in a thread, or waits. */
export const openTurnOf = ({ turns }: ProjectState, thread: StoredThread): TestTurn | undefined =>
  [...turns.values()].find((turn) => turn.thread === thread && /^(running|waiting)$/.test(turn.state))

/** The turn that is being answered in a thread. */
export function runningTurnOf(state: ProjectState, thread: StoredThread): TestTurn | undefined {
  const turn = openTurnOf(state, thread)
  return turn?.state === 'running' ? turn : undefined
}
