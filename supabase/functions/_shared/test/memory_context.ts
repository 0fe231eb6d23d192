import type { HistoryMessage, OpenTurn, SummaryToMake, TurnStore } from '../domain/store.ts'

type Made = Parameters<TurnStore['saveSummary']>[2]

/** Summaries of a `MemoryStore`: a test says which are wanted, and reads what came of them. */
export class MemoryContext {
  /** What a turn that begins is told of summaries. */
  summary: OpenTurn['summary']
  /** Answers the next calls of `beginSummary`; `null` once there are no more. */
  readonly wanted: SummaryToMake[] = []
  readonly made: Made[] = []

  save(made: Made, history: readonly HistoryMessage[], isRunning: boolean): readonly HistoryMessage[] | null {
    this.made.push(made)
    if (!isRunning || made.summary === null) return null
    return [
      { role: 'developer', content: 'The first message is a summary.' },
      { role: 'user', content: made.summary },
      ...history.slice(-1),
    ]
  }
}

/** The newer half of a conversation; `null` where only the question is there. */
export const halve = (history: readonly HistoryMessage[]): readonly HistoryMessage[] | null =>
  history.length < 2 ? null : history.slice(-Math.floor(history.length / 2))
