import { describe, expect, it } from 'vitest'
import { completed, gate, textDelta } from '../../_shared/test/scripted_model.ts'
import { textOf } from '../../_shared/test/running_turn.ts'
import { createChatWorld, partsOf, readUntil } from './chat_world.ts'

type World = Awaited<ReturnType<typeof createChatWorld>>

/** What a message is answered with, and whether anything was asked of the database for it. */
async function refusalOf(world: World, message = world.message()) {
  const begun = () => world.store.calls.filter((method) => method === 'beginTurn').length
  const before = begun()
  const response = await world.post(message)
  const { error } = (await response.json()) as { error: object }
  return { status: response.status, retryAfter: response.headers.get('retry-after'), error, isAsked: begun() > before }
}
const BUSY = {
  status: 503,
  retryAfter: '2',
  error: { code: 'busy', retryAfterMs: 2_000 },
  isAsked: false,
}

describe('a worker that runs as many turns as it may', () => {
  it('refuses another before anything of it is stored, and takes the same message once there is room', async () => {
    const held = gate()
    const world = await createChatWorld([textDelta('Hel'), held.opened, textDelta('lo'), completed], { maxTurns: 1 })
    const first = await world.post(world.message())
    await readUntil(first, 'data-turn')
    const message = world.message({ text: 'Me too' })
    expect(await refusalOf(world, message)).toMatchObject(BUSY)
    held.open()
    await world.settled()
    expect(textOf((await partsOf(await world.post(message))).map(({ part }) => part))).toBe('Hello')
    expect(world.reported).toEqual([])
  })

  it('still serves who follows a turn', async () => {
    const held = gate()
    const world = await createChatWorld([textDelta('Hel'), held.opened, textDelta('lo'), completed], { maxTurns: 1 })
    await readUntil(await world.post(world.message()), 'data-turn')
    const [turnId] = [...world.store.turns.keys()]
    const followed = await world.request(`/turns/${turnId}`)
    expect(followed.status).toBe(200)
    held.open()
    expect(textOf((await partsOf(followed)).map(({ part }) => part))).toBe('Hello')
  })

  it('has room again after a turn that could not begin, or that ran elsewhere', async () => {
    const world = await createChatWorld([textDelta('Hello'), completed], { maxTurns: 1 })
    const message = world.message()
    await partsOf(await world.post(message))
    await world.settled()
    for (let again = 0; again < 3; again++) {
      expect((await world.post({ ...message, text: 'Another' })).status).toBe(409)
      expect((await partsOf(await world.post(message))).at(-1)?.part.type).toBe('finish')
      await world.settled()
    }
    expect((await world.post(world.message({ text: 'Next' }))).status).toBe(200)
  })

  it('leaves a silent turn to another worker', async () => {
    const held = gate()
    const world = await createChatWorld([held.opened, textDelta('Hello'), completed], { maxTurns: 1 })
    await readUntil(await world.post(world.message()), 'data-turn')
    const [turnId] = [...world.store.turns.keys()]
    world.store.silence(turnId!)
    const followed = await world.request(`/turns/${turnId}`)
    await expect.poll(() => world.store.calls.filter((method) => method === 'readTurn').length).toBeGreaterThan(1)
    expect(world.store.calls).not.toContain('resumeTurn')
    held.open()
    await partsOf(followed)
  })
})

it('a worker that holds much memory refuses turns', async () => {
  const world = await createChatWorld([])
  world.load.memory = 200 * 1024 * 1024
  expect(await refusalOf(world)).toMatchObject(BUSY)
})

it('a worker that is about to be ended refuses turns', async () => {
  const world = await createChatWorld([])
  world.shutdown.abort()
  expect(await refusalOf(world)).toMatchObject(BUSY)
})
