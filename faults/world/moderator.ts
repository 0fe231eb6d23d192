import { MODERATED_WORDS, type ModerationScript } from '@loacl/mock-model'
import type { Call } from './model.ts'
import type { Trace, Traces } from './trace.ts'

/** What the moderation provider was asked to check. */
export interface Checked {
  trace: Trace
  what: 'question' | 'answer' | 'call' | 'follow-ups'
  text: string
  isFlagged: boolean
  /** Whether it said so: its answer left whole. */
  answered: boolean
}

/** Moderation flags every text with this word. */
export const FLAGGED_WORD = MODERATED_WORDS.flagged

/** What the model suggests to ask next. */
export const toFollowUp = ({ text }: Trace): string => `More of ${text}`

/**
 * The moderation provider, which knows of each text who said it.
 *
 * @param calls of the model
 */
export function createModerator(
  traces: Traces,
  calls: readonly Call[],
): { checked: readonly Checked[]; script: ModerationScript } {
  const checked: Checked[] = []

  function find(text: string): Pick<Checked, 'trace' | 'what'> {
    const asked = traces.findLatest({ text })
    if (asked) return { trace: asked, what: 'question' }
    // What a tool is asked: the question.
    const called =
      text.startsWith('{') && traces.findLatest({ text: (JSON.parse(text) as { question: string }).question })
    if (called) return { trace: called, what: 'call' }
    const call = calls.findLast(({ purpose, said, trace }) =>
      purpose === 'answer' ? said.includes(text) : text.endsWith(toFollowUp(trace)),
    )
    if (!call) throw new Error(`Moderation was asked about what nobody has said: ${text}`)
    return { trace: call.trace, what: call.purpose === 'answer' ? 'answer' : 'follow-ups' }
  }

  return {
    checked,
    async script(text, response) {
      const { trace, what } = find(text)
      const check: Checked = { trace, what, text, isFlagged: text.includes(FLAGGED_WORD), answered: false }
      checked.push(check)
      if (what !== 'call' && (await trace.reach(`${what}-check-asked`)) === 'drop') response.destroy()
      if (await trace.moderation?.(response)) return []
      response.once('finish', () => (check.answered = true))
      return check.isFlagged ? ['harassment'] : []
    },
  }
}
