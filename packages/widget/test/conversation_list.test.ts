import { LoaclError } from '@loacl/core'
import { beforeEach, expect, test } from 'vitest'
import { createConversationList } from '../src/features/conversations/list.ts'
import { createScriptedClient, message, type ScriptedClient, summary } from './scripted_client.ts'

const TODAY = '2026-11-22T11:00:00Z'

let client: ScriptedClient

beforeEach(() => {
  client = createScriptedClient()
})

test('a conversation is called by its title, or its first words, and by none where neither is known', () => {
  const list = createConversationList(client, () => {})
  client.threads.get('t1')
  client.byId.get('t1')!.set({ messages: [message({ content: '\n First words' })] })
  expect(list.labelOf(summary('t1', TODAY))).toBe('t1')
  for (const title of [null, '', ' ']) {
    expect(list.labelOf(summary('t1', TODAY, title))).toBe('First words')
    expect(list.labelOf(summary('t2', TODAY, title))).toBeNull()
  }
})

test('conversations are listed page by page, after those that are known, and a failure keeps what is there', async () => {
  client.threadsAtOpening = [summary('t2', TODAY)]
  await client.open()
  client.pages = [
    { items: [summary('t3', TODAY)], nextCursor: 'c1' },
    new LoaclError('network', 'network'),
    { items: [summary('t1', TODAY)], nextCursor: null },
  ]
  let failures = 0
  const list = createConversationList(client, () => failures++)
  const ids = () => list.getSnapshot().items.map(({ id }) => id)
  expect(ids()).toEqual(['t2'])
  await list.load()
  expect(ids()).toEqual(['t3'])
  await list.loadMore()
  expect([LoaclError.is(list.getSnapshot().status), failures]).toEqual([true, 1])
  expect(ids()).toEqual(['t3'])
  await list.loadMore()
  expect(ids()).toEqual(['t3', 't1'])
  expect(failures).toBe(1)
  expect(client.cursors).toEqual([undefined, 'c1', 'c1'])
})
