import { beforeEach, describe, expect, it } from 'vitest'
import { createAdminWorld } from './admin_world.ts'

let world: ReturnType<typeof createAdminWorld>
beforeEach(() => {
  world = createAdminWorld()
})

const modelPath = () => `/assistants/${world.assistantId}/model`

describe('whom an assistant asks', () => {
  it('is read, and changed in what is named', async () => {
    const before = (await world.call('GET', modelPath(), 'owner')).body
    const change = {
      providerConfigId: crypto.randomUUID(),
      fallback: { providerConfigId: crypto.randomUUID(), model: 'gpt-oss:20b' },
      followUpModel: 'gpt-5.4-nano',
      temperature: 0.2,
      reasoningEffort: 'low',
    }
    const after = await world.call('PATCH', modelPath(), 'owner', change)
    expect(after).toMatchObject({ status: 200, body: { ...before, ...change } })
    expect((await world.call('PATCH', modelPath(), 'owner', {})).body).toEqual(after.body)
    expect((await world.call('PATCH', modelPath(), 'owner', { fallback: null })).body.fallback).toBeNull()
  })

  it('is nobody else’s', async () => {
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { model: 'theirs' }],
    ] as const)
      expect((await world.call(method, modelPath(), 'chief', body)).body.error.code).toBe('assistant_not_found')
    expect(world.store.assistantModel.model).toBe('gpt-6-luna')
  })

  it.each([
    [[]],
    [{ model: '' }],
    [{ model: null }],
    [{ providerConfigId: 'mine' }],
    [{ fallback: { providerConfigId: crypto.randomUUID() } }],
    [{ fallback: { providerConfigId: crypto.randomUUID(), model: 'm', apiKey: 'sk-1' } }],
    [{ temperature: 'hot' }],
    [{ reasoningEffort: 3 }],
    [{ maxOutputTokens: 1.5 }],
    [{ showReasoning: 'yes' }],
    [{ owner_id: crypto.randomUUID() }],
    [{ constructor: 'x' }],
  ])('is not set by %j', async (body) => {
    const before = { ...world.store.assistantModel }
    expect((await world.call('PATCH', modelPath(), 'owner', body)).body.error.code).toBe('invalid_body')
    expect(world.store.assistantModel).toEqual(before)
  })
})
