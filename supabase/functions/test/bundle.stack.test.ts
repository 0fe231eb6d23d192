// What `scripts/bundle_functions.mjs` writes, run by itself from a folder outside the repository.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack } from '../../../packages/local/src/index.ts'
import { createWorld, type World } from '../../tests/support/world.ts'
import { callAdmin, sendMessage, toEnd } from '../loacl-admin/test/stack_calls.ts'
import { startMockModel, type MockModel } from '@loacl/mock-model'

let functionsDir: string
let provider: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World

beforeAll(async () => {
  functionsDir = await mkdtemp(join(tmpdir(), 'loacl-bundle-'))
  const script = join(import.meta.dirname, '../../../scripts/bundle_functions.mjs')
  await promisify(execFile)(process.execPath, [script, functionsDir])
  provider = await startMockModel()
  stack = await startStack({ functionsDir, modelUrl: provider.url })
  world = createWorld(stack)
})
afterAll(async () => {
  await world?.close()
  await stack?.stop()
  provider?.stop()
  await rm(functionsDir, { recursive: true, force: true })
})

it('is one file for each function, with its packages’ versions', async () => {
  for (const name of ['loacl-admin', 'loacl-chat'])
    expect((await readdir(join(functionsDir, name))).toSorted()).toEqual(['deno.json', 'deno.lock', 'index.ts'])
})

it('sets an owner’s key, and answers a visitor with it', async () => {
  const owner = await world.createOperator()
  const { id } = await world.createAssistant({ owner })
  const body = { baseUrl: provider.url, apiKey: 'sk-live-of-the-bundle' }
  expect(await callAdmin(stack, owner.jwt, 'PUT', '/provider-key', body)).toMatchObject({ status: 200 })

  const parts = await toEnd(await sendMessage(stack, id))
  expect(parts.flatMap((part) => (part.type === 'text-delta' ? part.delta : [])).join('')).toBe('Hello')
  expect(parts.at(-1)).toMatchObject({ type: 'finish' })
  expect(provider.requests.map(({ key }) => key)).toEqual(['sk-live-of-the-bundle', 'sk-live-of-the-bundle'])
})
