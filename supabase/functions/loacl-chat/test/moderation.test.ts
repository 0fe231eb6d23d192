import { expect, it, vi } from 'vitest'
import { fault } from '../../_shared/test/memory_turn.ts'
import { completed, created, gate, textDelta } from '../../_shared/test/scripted_model.ts'
import { FLAGGED } from '../../_shared/test/scripted_moderator.ts'
import { createChatWorld, partsOf } from './chat_world.ts'

const moderation = {
  input: false,
  output: true,
  failsOpen: false,
  model: 'omni-moderation-latest',
  hasProvider: false,
  provider: null,
}

it('what could not be stored of an answer that is flagged is not sent with its end', async () => {
  const begun = gate()
  const world = await createChatWorld([created, begun.opened, textDelta(FLAGGED), completed], { moderation })
  const response = await world.post(world.message())
  await vi.waitFor(() => expect(world.store.calls).toContain('appendParts'))
  world.store.faults.appendParts = [fault('internal'), fault('internal')]
  begun.open()
  const parts = await partsOf(response)
  expect(parts.map(({ part }) => part.type)).toEqual([
    'start',
    'data-turn',
    'start',
    'data-turn',
    'data-answer-complete',
    'data-error',
    'error',
  ])
  expect(JSON.stringify(parts)).not.toContain(FLAGGED)
  await world.settled()
})
