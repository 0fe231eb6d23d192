import { setTimeout as delay } from 'node:timers/promises'
import type { Going } from '../go_on.ts'
import type { Observation } from '../observe.ts'
import type { Plan } from '../plan.ts'
import type { Violation } from '../sequence.ts'
import type { Visitor } from '../visitor.ts'
import { checkAnswers, checkStop } from './answers.ts'
import type { Check, Ended } from './check.ts'
import { checkCalls } from './calls.ts'
import { checkErasure } from './erasure.ts'
import { checkFiles } from './files.ts'
import { checkModeration } from './moderation.ts'
import { checkQuestions } from './questions.ts'
import { readState } from './stored_state.ts'
import { checkSummaries } from './summaries.ts'
import { checkTurns } from './turns.ts'
import { checkBudget, checkUsage } from './usage.ts'
import { checkCodes, checkGoingOn, checkTitle, checkViews } from './views.ts'

const CHECKS: readonly Check[] = [
  checkQuestions,
  checkTurns,
  checkAnswers,
  checkStop,
  checkCalls,
  checkModeration,
  checkFiles,
  checkSummaries,
  checkUsage,
  checkBudget,
  checkViews,
  checkTitle,
  checkCodes,
  checkGoingOn,
  checkErasure,
]

export async function checkStory(
  visitor: Visitor,
  plan: Plan,
  observation: Observation,
  going: Going,
): Promise<Violation[]> {
  const stored = await readLast(visitor)
  const calls = visitor.world.model.calls.filter(({ trace }) => visitor.traces.includes(trace))
  const ended: Ended = { visitor, plan, observation, going, stored, calls }
  return (await Promise.all(CHECKS.map((check) => check(ended)))).flat()
}

/** The last turn's follow-ups come after its answer. */
async function readLast(visitor: Visitor) {
  let stored = await readState(visitor)
  for (
    let tries = 0;
    tries < 50 && (stored.reservations > 0 || stored.turns.some(({ state }) => state === 'running'));
    tries++
  ) {
    await delay(200)
    stored = await readState(visitor)
  }
  return stored
}
