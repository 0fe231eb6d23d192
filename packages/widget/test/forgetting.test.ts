import { LoaclError } from '@loacl/core'
import { beforeEach, expect, test } from 'vitest'
import { createModel } from '../src/model.ts'
import type { Model } from '../src/model_types.ts'
import { createTabMemory, type TabMemory } from '../src/tab_memory.ts'
import { createScriptedClient, type ScriptedClient, summary } from './scripted_client.ts'

let client: ScriptedClient
let memory: TabMemory
beforeEach(() => {
  client = createScriptedClient()
  memory = createTabMemory('', null)
})

async function start(): Promise<Model> {
  const model = createModel({ client, memory, emit: () => {} })
  await model.start()
  return model
}

/** Another page of the same tab. */
async function visit(sessionId: string | null): Promise<Model> {
  client = createScriptedClient()
  client.visitor = { sessionId, type: sessionId ? 'authenticated' : 'guest' }
  return start()
}

test('when the client lets go of the visitor, nothing of theirs is left: no thread, no draft', async () => {
  client.threadsAtOpening = [summary('t1', new Date().toISOString())]
  const model = await start()
  model.showConversations()
  model.type('A secret')
  await client.signOut()
  expect(model.getSnapshot().threadId).toBeNull()
  expect(model.getSnapshot().thread.messages).toEqual([])
  expect(model.getSnapshot().draft).toBe('')
  expect(model.getSnapshot().view).toBe('chat')
  expect([memory.get('draft'), memory.get('thread')]).toEqual([null, ''])
})

test('nor a message that the server never got', async () => {
  const model = await start()
  model.type('A secret')
  model.submit()
  client.created.at(-1)!.end({ status: 'failed', error: new LoaclError('network', 'Away.') })
  await client.signOut()
  expect(model.getSnapshot().draft).toBe('')
  expect(memory.get('draft')).toBeNull()
})

test.each([
  ['goes with a person who signed out where this tab did not hear of it', 's1', null, ''],
  ['is nothing to the next person', 's1', 's2', ''],
  ['stays with the same person', 's1', 's1', 'My address is'],
  ['comes along where a guest signs in', null, 's1', 'My address is'],
])('a draft %s', async (_, writer, next, draft) => {
  const model = await visit(writer)
  model.type('My address is')
  model.dispose()
  expect((await visit(next)).getSnapshot().draft).toBe(draft)
})
