import { isWithdrawal, type ErrorCode } from '@loacl/wire'
import type { Checked } from '../world/moderator.ts'
import type { Check } from './check.ts'
import { rowsWith } from './stored_marks.ts'

/** The end of a text, which its last check has to have seen. */
const SEEN = 100
const say = (kind: string, details: readonly string[]) => details.map((detail) => ({ kind, detail }))

/** What was flagged is withdrawn everywhere, and nothing is shown, kept or told that nobody has checked. */
export const checkModeration: Check = async ({ visitor, plan, observation, going, stored, calls }) => {
  const { settings } = plan.ability
  if (!settings?.moderates_output) return []
  const checked = visitor.world.model.checked.filter(({ trace }) => visitor.traces.includes(trace))
  const passed = (check: Checked): boolean =>
    (check.answered && !check.isFlagged) || (settings.moderation_fails_open === true && !check.answered)
  const answers = calls.filter(({ purpose }) => purpose === 'answer')

  // Beside the words that were flagged, all of the answer that they stood in.
  const marks = calls.flatMap(({ mark, said, tokens }) =>
    mark && said.includes(mark) ? [mark, ...(said.includes(`Answer ${tokens} to`) ? [`Answer ${tokens} to`] : [])] : [],
  )
  const pages = [...observation.atRest, ...(going.atRest ? [going.atRest] : [])]
  const withdrawn = stored.messages.filter(({ errorCode }) => isWithdrawal(errorCode as ErrorCode | null))
  const kept = stored.messages.filter(({ role, content }) => role === 'assistant' && content !== '')
  const flaggedOf = (what: Checked['what']) => checked.some((check) => check.what === what && check.isFlagged)

  return [
    ...say(
      'flagged-shown',
      marks.filter((mark) => pages.some((page) => page.includes(mark))),
    ),
    ...say(
      'flagged-kept',
      marks.length > 0 ? await rowsWith(visitor.world.sql, marks, ['loacl', 'loacl_private']) : [],
    ),
    ...say(
      'flagged-told',
      calls.filter(({ heardFlagged }) => heardFlagged).map(({ purpose, trace }) => `${purpose} of "${trace.text}"`),
    ),
    ...say(
      'question-unchecked',
      answers
        .filter(
          ({ trace }) =>
            !checked.some((check) => check.what === 'question' && check.text === trace.text && passed(check)),
        )
        .map(({ trace }) => trace.text),
    ),
    ...say(
      'answer-unchecked',
      kept
        // Who lets through what could not be checked keeps what a worker said that was lost.
        .filter(({ errorCode }) => !(settings.moderation_fails_open && errorCode === 'turn_abandoned'))
        .filter(({ content }) => !checked.some((check) => passed(check) && check.text.endsWith(content.slice(-SEEN))))
        .map(({ content }) => content),
    ),
    ...say(
      'title-unchecked',
      stored.titles.filter(
        (title) => title !== null && !checked.some((check) => passed(check) && check.text.startsWith(title)),
      ) as string[],
    ),
    ...say(
      'withdrawn-without-cause',
      withdrawn
        .filter(
          ({ errorCode }) =>
            (errorCode === 'input_flagged' && !flaggedOf('question')) ||
            (errorCode === 'output_flagged' && !flaggedOf('answer')),
        )
        .map(({ id, errorCode }) => `${errorCode} ${id}`),
    ),
    ...say(
      'flag-unlogged',
      withdrawn
        .filter(({ errorCode, isLogged }) => errorCode !== 'moderation_unavailable' && !isLogged)
        .map(({ id, errorCode }) => `${errorCode} ${id}`),
    ),
  ]
}
