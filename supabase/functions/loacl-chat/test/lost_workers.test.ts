import { describe, expect, it, vi } from 'vitest'
import type { OpenTurn } from '../../_shared/domain/store.ts'
import { fault } from '../../_shared/test/memory_turn.ts'
import { answering, completed, created, gate, textDelta } from '../../_shared/test/scripted_model.ts'
import { textOf } from '../../_shared/test/running_turn.ts'
import { createChatWorld, partsOf, readUntil } from './chat_world.ts'

type World = Awaited<ReturnType<typeof createChatWorld>>

/** A turn of this visitor's whose worker is not this one, and has said nothing. */
async function beginElsewhere(world: World, message = world.message()): Promise<OpenTurn> {
  const request = message as unknown as Parameters<World['store']['beginTurn']>[0]['request']
  const caller = { sessionToken: world.session, claims: null }
  const circumstances = { origin: null, address: null, deadlineMs: 60_000, lease: crypto.randomUUID() }
  return (await world.store.beginTurn({ request, ...circumstances }, caller)) as OpenTurn
}
const typesOf = (parts: Awaited<ReturnType<typeof partsOf>>) => parts.map(({ part }) => part.type)

describe('a turn whose worker died before it said anything', () => {
  it.each(['the same message', 'its turn'])('is taken over by a request for %s, and answered', async (what) => {
    const world = await createChatWorld(answering('Hello'))
    const message = world.message()
    const { turn, threadId } = await beginElsewhere(world, message)
    world.store.silence(turn.id)
    const response = await (what === 'its turn' ? world.request(`/turns/${turn.id}?after=2`) : world.post(message))
    const parts = await partsOf(response)
    expect(textOf(parts.map(({ part }) => part))).toBe('Hello')
    expect(typesOf(parts).at(-1)).toBe('finish')
    expect(world.model.calls).toHaveLength(1)
    expect(world.store.messagesOf(threadId).at(-1)).toMatchObject({ status: 'completed', content: 'Hello' })
    await expect(world.store.appendParts(turn, 3, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
  })

  it('is taken over by a reader who follows it when it falls silent', async () => {
    const world = await createChatWorld(answering('Hello'))
    const { turn } = await beginElsewhere(world)
    const response = world.request(`/turns/${turn.id}?after=2`)
    await vi.waitFor(() =>
      expect(world.store.calls.filter((method) => method === 'readTurn').length).toBeGreaterThan(1),
    )
    world.store.silence(turn.id)
    expect(textOf((await partsOf(await response)).map(({ part }) => part))).toBe('Hello')
  })

  it('is answered by one of two who try', async () => {
    const world = await createChatWorld(answering('Hello'))
    const { turn } = await beginElsewhere(world)
    world.store.silence(turn.id)
    const both = await Promise.all([world.request(`/turns/${turn.id}`), world.request(`/turns/${turn.id}`)])
    for (const parts of await Promise.all(both.map(partsOf))) expect(typesOf(parts).at(-1)).toBe('finish')
    expect(world.model.calls).toHaveLength(1)
  })

  it('leaves the reader of a worker that was only slow to the other one', async () => {
    const held = gate()
    const world = await createChatWorld([created, held.opened, textDelta('Late'), completed])
    const response = await world.post(world.message())
    const [id] = [...world.store.turns.keys()]
    world.store.silence(id!)
    const taken = { id: id!, lease: crypto.randomUUID() }
    await world.store.resumeTurn(taken, 1, 60_000, { sessionToken: world.session, claims: null })
    held.open()
    // Without a part that ends it, its reader comes back.
    expect(typesOf(await partsOf(response))).toEqual(['start', 'data-turn'])
    expect(world.store.turns.get(id!)!.state).toBe('running')
  })
})

describe('a turn whose beginning was not answered by the database', () => {
  it('is begun once, and answered', async () => {
    const world = await createChatWorld(answering('Hello'))
    const begin = world.store.beginTurn.bind(world.store)
    vi.spyOn(world.store, 'beginTurn').mockImplementationOnce(async (...asked) => {
      await begin(...asked)
      throw fault('database_unavailable')
    })
    const parts = await partsOf(await world.post(world.message()))
    expect(textOf(parts.map(({ part }) => part))).toBe('Hello')
    expect(world.store.turns.size).toBe(1)
    expect(world.model.calls).toHaveLength(1)
  })

  it('is refused where the database stays away', async () => {
    vi.useFakeTimers()
    try {
      const world = await createChatWorld(answering('Hello'))
      world.store.faults.beginTurn = Array.from({ length: 20 }, () => fault('database_unavailable'))
      const refused = world.post(world.message())
      await vi.waitFor(() => expect(world.store.calls).toHaveLength(5), { timeout: 10_000 })
      expect((await refused).status).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a turn whose worker died in the middle', () => {
  it('is folded into its message by the function that reads it, once', async () => {
    const world = await createChatWorld([])
    const { turn, threadId } = await beginElsewhere(world)
    const source = { type: 'source-url', sourceId: 's', url: 'https://x.example/' } as const
    const said = [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'So far' },
      { type: 'text-end', id: 't' },
      source,
    ] as const
    await world.store.appendParts(turn, 1, said)
    world.store.abandon(turn.id)
    for (const after of [0, 2, 9]) {
      const parts = await partsOf(await world.request(`/turns/${turn.id}?after=${after}`))
      expect(typesOf(parts).at(-1)).toBe('error')
    }
    expect(world.store.messagesOf(threadId).at(-1)).toMatchObject({
      content: 'So far',
      parts: [{ type: 'text', text: 'So far' }, source],
    })
    expect(world.store.calls.filter((method) => method === 'foldTurn')).toHaveLength(1)
  })
})

describe('what a visitor reads', () => {
  it('is stored before it is sent', async () => {
    const held = gate()
    const world = await createChatWorld([created, textDelta('Hel'), held.opened, textDelta('lo'), completed])
    const append = world.store.appendParts.bind(world.store)
    const storing = gate()
    vi.spyOn(world.store, 'appendParts').mockImplementation(async (turn, seq, parts) => {
      if (parts.some(({ type }) => type === 'text-delta')) await storing.opened
      return append(turn, seq, parts)
    })
    const response = await world.post(world.message())
    const reading = readUntil(response, 'text-delta')
    const first = await Promise.race([
      reading,
      vi
        .waitFor(() => {
          expect(world.model.calls).toHaveLength(1)
          expect(vi.mocked(world.store.appendParts).mock.calls.at(-1)?.[2]).toContainEqual(
            expect.objectContaining({ delta: 'Hel' }),
          )
        })
        .then(() => 'not yet'),
    ])
    expect(first).toBe('not yet')
    storing.open()
    expect((await reading).at(-1)?.part).toMatchObject({ delta: 'Hel' })
    held.open()
    await world.settled()
  })

  it('is not what could not be stored: who reads it comes back for how the turn stands', async () => {
    const world = await createChatWorld(answering('Hi'))
    world.store.faults.appendParts = [fault('turn_lease_lost')]
    const types = typesOf(await partsOf(await world.post(world.message())))
    expect(types).toEqual(['start', 'data-turn'])
  })

  it('is not what was said after somebody else had ended the turn', async () => {
    const held = gate()
    const world = await createChatWorld([textDelta('Hel'), held.opened, textDelta('lo')])
    const response = await world.post(world.message())
    const reading = partsOf(response)
    await vi.waitFor(() => expect(JSON.stringify([...world.store.turns.values()][0]?.parts)).toContain('Hel'))
    const [turn] = world.store.turns.values()
    world.store.abandon(turn!.id)
    held.open()
    const parts = await reading
    expect(JSON.stringify(parts)).not.toContain('"lo"')
    expect(typesOf(parts).at(-1)).toBe('text-delta')
    const again = await partsOf(await world.request(`/turns/${turn!.id}?after=${parts.at(-1)!.seq}`))
    expect(typesOf(again)).toEqual(['data-answer-complete', 'data-error', 'error'])
  })
})

const stop = (world: World, id: unknown) => world.request(`/messages/${String(id)}/stop`, { method: 'POST' })

describe('POST /messages/:id/stop', () => {
  it('stops the turn that answers the message', async () => {
    const world = await createChatWorld([textDelta('Hal'), gate().opened])
    const message = world.message()
    const response = await world.post(message)
    const stopped = await stop(world, message['id'])
    expect([stopped.status, await stopped.json()]).toEqual([202, { state: 'running' }])
    expect(typesOf(await partsOf(response)).at(-1)).toBe('abort')
  })

  it('is kept for a message that comes late, which calls no model', async () => {
    const world = await createChatWorld(answering('Hello'))
    const message = world.message()
    expect(await (await stop(world, message['id'])).json()).toEqual({ state: 'kept' })
    expect(typesOf(await partsOf(await world.post(message)))).toEqual([
      'start',
      'data-turn',
      'data-answer-complete',
      'abort',
    ])
    expect(world.model.calls).toEqual([])
    expect(world.store.stepsCalled).toEqual([false])
  })

  it('refuses an id that is none', async () => {
    const world = await createChatWorld([])
    expect((await stop(world, '%20')).status).toBe(404)
  })
})
