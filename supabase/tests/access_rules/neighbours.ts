import { createToken } from '../support/api.ts'
import { type World } from '../support/world.ts'

/** Of those that visitors write in, by way of the functions. */
export const TABLES = ['sessions', 'threads', 'messages', 'follow_up_suggestions'] as const

/** Visitors A and B of one assistant, one visitor of another operator's, and an account that is no operator's. */
export async function createNeighbours(world: World, tokenOfA = createToken()) {
  const tokenOfB = createToken()
  const { id: assistantId, owner: operator } = await world.createAssistant()
  const { id: otherAssistantId, owner: otherOperator } = await world.createAssistant()
  const stranger = await world.api.signUp(`${crypto.randomUUID()}@example.com`)
  const ofA = await world.converse(assistantId, tokenOfA, { text: 'A asks' })
  const ofB = await world.converse(assistantId, tokenOfB, { text: 'B asks' })
  await world.converse(otherAssistantId, createToken(), { text: 'C asks another' })
  return { assistantId, operator, otherAssistantId, otherOperator, stranger, tokenOfA, tokenOfB, ofA, ofB }
}
