import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { untilClosed } from '../world/model.ts'
import { MODERATION_POINTS } from '../world/trace.ts'
import type { Fault } from './fault.ts'

/** As long as a check is waited for, many times over. */
const HANGS_MS = 30_000

/** From the first check on that is at the point, every one of the turn goes so. */
const fails = (name: string, answer: (response: ServerResponse) => Promise<boolean> | boolean): Fault => ({
  name,
  codes: ['moderation_unavailable'],
  points: MODERATION_POINTS,
  strike(_, trace) {
    trace.moderation = answer
    return undefined
  },
})

const send = (response: ServerResponse, status: number, body: object): true => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}

/** The moderation provider's own failures. */
export const MODERATION_FAULTS: readonly Fault[] = [
  fails('moderation-down', (response) => send(response, 500, { error: { message: 'Not now.' } })),
  // It says neither yes nor no.
  fails('moderation-odd', (response) => send(response, 200, { id: 'modr-1', results: [{ categories: {} }] })),
  fails('moderation-hangs', async (response) => {
    await untilClosed(response, HANGS_MS)
    return true
  }),
  // A check is tried twice.
  { name: 'moderation-answer-lost', codes: [], points: MODERATION_POINTS, drops: true },
  {
    ...fails('moderation-slow', async () => {
      await delay(1_500)
      return false
    }),
    codes: [],
  },
]
