import type { Call } from '../world/model.ts'
import type { Check } from './check.ts'

/** Whether a text is the beginning of what one call said, and from there on of what a later one said that went on with it. */
const isJoined = (content: string, calls: readonly Call[], isWhole: boolean): boolean =>
  calls.some(({ said }, place) => {
    if (isWhole ? said === content : said.startsWith(content)) return true
    const later = calls.slice(place + 1)
    for (let at = 1; at <= content.length && said.startsWith(content.slice(0, at)); at++)
      if (isJoined(content.slice(at), later, isWhole)) return true
    return false
  })

/** The stored answer is what the model said, or its beginning; a completed one is all of it. */
export const checkAnswers: Check = ({ stored, calls, plan }) => {
  const questions = new Map(stored.messages.map((message) => [message.id, message]))
  return stored.messages
    .filter(({ role }) => role === 'assistant')
    .flatMap(({ parentId, status, content }) => {
      const text = questions.get(parentId ?? '')?.content
      const asked = calls.filter(({ trace, purpose }) => purpose === 'answer' && trace.text === text)
      if (content === '' && status !== 'completed') return []
      if (plan.ability.name === 'continue' && isJoined(content, asked, status === 'completed')) return []
      const said = asked.filter((call) => call.said.startsWith(content))
      if (said.length === 0) return [{ kind: 'answer-wrong', detail: `${JSON.stringify(content)} (${status})` }]
      if (status !== 'completed' || said.some((call) => call.said === content && call.toldUsage)) return []
      return [{ kind: 'answer-short', detail: `completed with ${JSON.stringify(content)}` }]
    })
}

/** Who stops a turn has it stopped: it doesn't go on to its end. */
export const checkStop: Check = ({ visitor, stored, plan }) => {
  const { stopped } = visitor
  const turn = stopped && stored.turns.find(({ id }) => id === stopped.turnId)
  if (turn?.state !== 'completed' && turn?.state !== 'cut') return []
  // While the worker or the database was away, the deadline may have come first.
  if (turn.state === 'cut' && plan.blows.some(({ fault }) => fault.strikeAll)) return []
  return [{ kind: 'stop-lost', detail: `the turn ${turn.id} is ${turn.state}` }]
}
