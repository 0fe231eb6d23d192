import { isDeepStrictEqual } from 'node:util'
import { RESULT } from '../world/shop.ts'
import type { StoredCall } from './stored_state.ts'
import type { Check } from './check.ts'

const ENDED = ['completed', 'failed', 'cancelled']

/** The page runs the other one. */
const isAtShop = ({ tool }: StoredCall): boolean => tool !== 'paint'
const name = ({ id, tool, status, errorCode }: StoredCall): string => `${tool} ${id} (${status} ${errorCode ?? ''})`
const say = (kind: string, list: readonly StoredCall[]) => list.map((call) => ({ kind, detail: name(call) }))

/**
 * Every call of a tool comes to one end, and its message says so; none runs twice, none without its owner's or its visitor's
 * yes; and what is stored of it is what the site said.
 */
export const checkCalls: Check = ({ visitor, stored }) => {
  const { calls, openCalls } = stored
  const made = visitor.world.shop.calls.filter(({ assistantId }) => assistantId === visitor.assistant.id)
  const known = new Map(calls.map((call) => [call.id, call]))
  const madeOf = ({ id }: StoredCall) => made.filter(({ executionId }) => executionId === id)
  return [
    ...say(
      'call-left-open',
      calls.filter(({ status }) => !ENDED.includes(status)),
    ),
    ...openCalls.map(({ messageId, state }) => ({ kind: 'call-shown-open', detail: `${state} in ${messageId}` })),
    ...say(
      'call-doubled',
      calls.filter((call) => madeOf(call).length > 1),
    ),
    ...say(
      'call-unasked',
      calls.filter(({ tool, hasRun, isAsked, isApproved }) => tool === 'order' && hasRun && !(isAsked && isApproved)),
    ),
    ...say(
      'call-made-although-denied',
      calls.filter((call) => visitor.denied.has(call.id) && madeOf(call).length > 0),
    ),
    ...say(
      'call-made-unknown',
      calls.filter((call) => isAtShop(call) && !call.hasRun && madeOf(call).length > 0),
    ),
    ...say(
      'call-invented',
      calls.filter((call) => isAtShop(call) && call.status === 'completed' && madeOf(call).length === 0),
    ),
    ...say(
      'call-result-wrong',
      calls.filter(
        (call) =>
          isAtShop(call) &&
          call.status === 'completed' &&
          !isDeepStrictEqual(call.result, call.isWithdrawn ? null : RESULT),
      ),
    ),
    // What an erased visitor's calls were is gone, as all else.
    ...(visitor.hasErased ? [] : made.filter(({ executionId }) => !known.has(executionId))).map(({ executionId }) => ({
      kind: 'call-forgotten',
      detail: executionId,
    })),
  ]
}
