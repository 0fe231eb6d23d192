import { LoaclError } from '@loacl/core'
import { beforeEach, expect, test } from 'vitest'
import { createModel } from '../src/model.ts'
import { failureOf } from '../src/model_state.ts'
import type { Model } from '../src/model_types.ts'
import { createTabMemory } from '../src/tab_memory.ts'
import { createScriptedClient, type ScriptedClient } from './scripted_client.ts'

let client: ScriptedClient
let errors: unknown[]

beforeEach(() => {
  client = createScriptedClient()
  errors = []
})

async function start(): Promise<Model> {
  const model = createModel({
    client,
    memory: createTabMemory('', null),
    emit: (type, event) => type === 'error' && errors.push(event),
  })
  await model.start()
  return model
}
const failed = (code: 'network' | 'stream_cut'): LoaclError => new LoaclError(code, code)

test('a conversation that fails to load can be tried again, and is forgotten with the conversation', async () => {
  const model = await start()
  client.threads.get('t1')
  const thread = client.byId.get('t1')!
  thread.failLoad = failed('network')
  await model.select('t1')
  expect(failureOf(model.getSnapshot())?.code).toBe('network')
  thread.failLoad = null
  model.retry()
  await expect.poll(() => failureOf(model.getSnapshot())).toBeNull()
  expect(thread.calls).toEqual(['load', 'load'])
})

test('what a conversation fails with is of no interest once it has been left', async () => {
  const model = await start()
  client.threads.get('t1')
  client.byId.get('t1')!.failLoad = failed('network')
  const selecting = model.select('t1')
  model.newThread()
  await selecting
  expect(failureOf(model.getSnapshot())).toBeNull()
  expect(errors).toEqual([])
})

test('another try loads the conversation at hand, whatever has failed since in one that was left', async () => {
  const model = await start()
  for (const id of ['t1', 't2']) client.threads.get(id)
  const [left, shown] = [client.byId.get('t1')!, client.byId.get('t2')!]
  let fail!: (error: LoaclError) => void
  left.load = () => new Promise((_, reject) => (fail = reject))
  shown.failLoad = failed('network')
  const selecting = model.select('t1')
  await model.select('t2')
  fail(failed('stream_cut'))
  await selecting
  expect(failureOf(model.getSnapshot())?.code).toBe('network')
  shown.failLoad = null
  model.retry()
  await expect.poll(() => failureOf(model.getSnapshot())).toBeNull()
  expect(shown.calls).toEqual(['load', 'load'])
})

test('a load that succeeds late does not hide that a later one failed', async () => {
  const model = await start()
  client.threads.get('t1')
  const thread = client.byId.get('t1')!
  let succeed!: () => void
  thread.load = () => new Promise((resolve) => (succeed = resolve))
  thread.loadOlder = () => Promise.reject(failed('network'))
  const selecting = model.select('t1')
  await model.loadOlder()
  succeed()
  await selecting
  expect(failureOf(model.getSnapshot())?.code).toBe('network')
})
