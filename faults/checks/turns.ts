import { isAccounted, type Check } from './check.ts'

const ENDED = ['completed', 'stopped', 'cut', 'failed']

/** Every turn reached one terminal state, without anybody looking, and stays in it; nothing stays reserved. */
export const checkTurns: Check = ({ observation, stored, calls, visitor }) => {
  const { turns, reservations } = observation.stored
  // It may well wait for the visitor, until they answer or go on.
  const waits = new Set(observation.stored.calls.flatMap(({ turnId, status }) => (status === 'pending' ? turnId : [])))
  const open = turns.filter(({ id, state }) => !ENDED.includes(state) && !(state === 'waiting' && waits.has(id)))
  const later = new Map(stored.turns.map((turn) => [turn.id, turn]))
  const changed = turns.filter(
    ({ id, state }) => ENDED.includes(state) && later.has(id) && later.get(id)!.state !== state,
  )
  const messages = new Map(stored.messages.map((message) => [message.id, message]))
  // An answer that went on is as the latest turn left it.
  const latest = new Map(stored.turns.map((turn) => [turn.messageId, turn]))
  const unlike = [...latest.values()].filter(
    ({ messageId, state }) => ENDED.includes(state) && messages.get(messageId)?.status !== state,
  )
  const stillOpen = stored.turns.filter(({ state }) => !ENDED.includes(state))
  return [
    ...open.map(({ id, state }) => ({ kind: 'turn-left-running', detail: `the turn ${id} is ${state}` })),
    ...stillOpen
      .filter(({ id }) => !open.some((turn) => turn.id === id))
      .map(({ id, state }) => ({ kind: 'turn-left-running', detail: `the turn ${id} is ${state}, at the end` })),
    ...changed.map(({ id, state }) => ({
      kind: 'turn-ended-twice',
      detail: `the turn ${id} was ${state}, and is ${later.get(id)!.state}`,
    })),
    ...unlike.map(({ id, state, messageId }) => ({
      kind: 'message-unlike-turn',
      detail: `the turn ${id} is ${state}, its message ${messages.get(messageId)?.status ?? 'nowhere'}`,
    })),
    ...stored.turns
      // A step that was completed may have been followed by a wait, or by nothing because of the budget.
      .filter(({ state, stepState }) => stepState !== state && stepState !== 'completed')
      .map(({ id, state, stepState }) => ({
        kind: 'turn-ended-twice',
        detail: `the turn ${id} is ${state}, its last step ${stepState}`,
      })),
    ...stored.endings
      .filter(({ times }) => times > 1)
      .map(({ turnId, times }) => ({ kind: 'turn-ended-twice', detail: `the turn ${turnId} ended ${times} times` })),
    ...(reservations > 0 && open.length === 0
      ? [
          {
            kind: calls.every((call) => isAccounted(visitor, call))
              ? 'reservation-left'
              : 'reservation-without-usage-left',
            detail: `${reservations} reservations, of turns that have ended`,
          },
        ]
      : []),
  ]
}
