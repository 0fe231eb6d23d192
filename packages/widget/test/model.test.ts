import { LoaclError } from '@loacl/core'
import { beforeEach, expect, test } from 'vitest'
import { createModel } from '../src/model.ts'
import { assistantOf, canSend, charactersLeft, failureOf, isRunning } from '../src/model_state.ts'
import type { Attachment } from '../src/model_state.ts'
import type { Model } from '../src/model_types.ts'
import { ENGLISH } from '../src/features/errors/english.ts'
import { createTabMemory, type TabMemory } from '../src/tab_memory.ts'
import { createScriptedClient, message, type ScriptedClient, type ScriptedThread, summary } from './scripted_client.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const HOUR_AGO = '2026-11-22T11:00:00Z'
const LAST_WEEK = '2026-11-15T12:00:00Z'

let client: ScriptedClient
let memory: TabMemory
let events: [string, unknown][]

beforeEach(() => {
  client = createScriptedClient()
  memory = createTabMemory('', null)
  events = []
})

const start = async (): Promise<Model> => {
  const model = createModel({ client, memory, emit: (...event) => events.push(event), now: () => NOW })
  await model.start()
  return model
}
const fresh = (): ScriptedThread => client.created.at(-1)!
const named = (name: string): unknown[] => events.filter(([type]) => type === name).map(([, event]) => event)

/** The server has the message, and answers. */
function accept(thread: ScriptedThread, id = 't9'): void {
  const messages = thread.getSnapshot().messages.map((each) => ({ ...each, status: 'completed' as const }))
  thread.set({ id, messages })
}
const FILE: Attachment = { key: 'f1', id: 'f1', name: 'a.png', type: 'image/png', size: 3 }
const failed = (code: ConstructorParameters<typeof LoaclError>[0]): LoaclError => new LoaclError(code, code)

test('a visitor who comes back within a day finds their latest conversation', async () => {
  client.threadsAtOpening = [summary('t2', HOUR_AGO), summary('t1', LAST_WEEK)]
  const model = await start()
  expect(model.getSnapshot().threadId).toBe('t2')
  expect(client.byId.get('t2')?.calls).toEqual(['load'])
})

test('after a longer time they are greeted anew', async () => {
  client.threadsAtOpening = [summary('t1', LAST_WEEK)]
  const model = await start()
  expect(model.getSnapshot().threadId).toBeUndefined()
  expect(client.byId.size).toBe(0)
})

test('a reload keeps to what this tab showed, be it an old conversation or a new one', async () => {
  client.threadsAtOpening = [summary('t2', HOUR_AGO), summary('t1', LAST_WEEK)]
  const model = await start()
  await model.select('t1')
  model.dispose()
  expect((await start()).getSnapshot().threadId).toBe('t1')

  const again = await start()
  again.newThread()
  again.dispose()
  expect((await start()).getSnapshot().threadId).toBeUndefined()
})

test('a remembered conversation that is gone gives way to a new one, without an alarm', async () => {
  memory.set('thread', 'gone')
  client.threads.get('gone')
  client.byId.get('gone')!.failLoad = failed('thread_not_found')
  const model = await start()
  expect(model.getSnapshot().threadId).toBeNull()
  expect(failureOf(model.getSnapshot())).toBeNull()
})

test('who writes before the session is open keeps writing where they are', async () => {
  client.threadsAtOpening = [summary('t2', HOUR_AGO)]
  const model = createModel({ client, memory, emit: () => {}, now: () => NOW })
  const opening = model.start()
  model.send('quick')
  await opening
  expect(model.getSnapshot().thread.messages.map(({ content }) => content)).toEqual(['quick'])
})

test('who asks for their conversations before the session is open stays at the list', async () => {
  client.threadsAtOpening = [summary('t2', HOUR_AGO)]
  const model = createModel({ client, memory, emit: () => {}, now: () => NOW })
  const opening = model.start()
  model.showConversations()
  await opening
  expect(model.getSnapshot().view).toBe('conversations')
})

test('a session that cannot be opened says why, and another try opens it', async () => {
  client.failOpen = failed('origin_not_allowed')
  const model = await start()
  expect(failureOf(model.getSnapshot())?.code).toBe('origin_not_allowed')
  expect(named('error')).toHaveLength(1)
  client.failOpen = null
  model.retry()
  await expect.poll(() => assistantOf(model.getSnapshot())?.name).toBe('Ada')
  expect(failureOf(model.getSnapshot())).toBeNull()
})

test.each([
  ['    if (x)\n    y()', '    if (x)\n    y()'],
  ['\n \t\r\n  a\n\n  b \n \n', '  a\n\n  b'],
  ['\ttab', '\ttab'],
  [' Hi ', ' Hi'],
])('of %j is sent what is more than blank lines before it and blanks after it', async (draft, text) => {
  const model = await start()
  model.type(draft)
  model.submit()
  expect(fresh().sent).toEqual([text])
})

test('a message that begins with an indent is the same after a reload', async () => {
  const model = await start()
  model.type('  code ')
  model.submit()
  model.dispose()
  const again = await start()
  expect(again.getSnapshot().draft).toBe('  code')
  again.submit()
  expect(fresh().sent).toEqual(['  code'])
  expect(fresh().sentIds).toEqual(['turn of   code'])
})

test.each(['', ' \n\t ', '\0', '\uD83D \0', '\u3164\u2800'])('nothing is sent of %j', async (draft) => {
  const model = await start()
  model.type(draft)
  model.submit()
  expect(fresh().sent).toEqual([])
  expect(model.getSnapshot().draft).toBe(draft)
})

test('a draft outlives a reload until the server has the message', async () => {
  const model = await start()
  model.type('half a')
  expect(memory.get('draft')).toBe('half a')
  model.submit()
  expect(model.getSnapshot().draft).toBe('')
  model.dispose()
  const again = await start()
  expect(again.getSnapshot().draft).toBe('half a')
  again.submit()
  expect(fresh().sentIds).toEqual(['turn of half a'])
  accept(fresh())
  expect([memory.get('draft'), memory.get('unsent')]).toEqual([null, null])
})

test('a first message is sent again in the conversation that it began, under the same id', async () => {
  const model = await start()
  model.send('lost')
  const { id } = fresh().getSnapshot()
  expect(fresh().sentIds).toEqual([id])
  model.dispose()
  memory.set('unsent', JSON.stringify([{ id, draft: 'lost', attached: [] }]))
  for (const threadsAtOpening of [[], [summary('t1', HOUR_AGO)]]) {
    client.threadsAtOpening = threadsAtOpening
    const again = await start()
    expect(fresh().getSnapshot().id).toBe(id)
    again.submit()
    expect(fresh().sentIds).toEqual([id])
    again.dispose()
    memory.set('thread', '')
    memory.set('unsent', JSON.stringify([{ id, draft: 'lost', attached: [] }]))
  }
})

test('a message that got there just before a reload is not offered again', async () => {
  const model = await start()
  model.type('sent')
  model.submit()
  model.dispose()
  client.threadsAtOpening = [summary('t1', HOUR_AGO)]
  client.threads.get('t1')
  client.byId.get('t1')!.set({ messages: [message({ clientId: 'turn of sent', content: 'sent' })] })
  const again = await start()
  expect(again.getSnapshot().threadId).toBe('t1')
  expect(again.getSnapshot().draft).toBe('')
  expect(memory.get('unsent')).toBeNull()
})

test('nor where it began a new conversation; another one is left alone', async () => {
  const began = await start()
  began.newThread()
  began.type('sent')
  began.submit()
  began.dispose()
  client.threadsAtOpening = [summary('t1', HOUR_AGO)]
  const elsewhere = await start()
  expect(elsewhere.getSnapshot().threadId).toBeNull()
  expect(elsewhere.getSnapshot().draft).toBe('sent')
  elsewhere.dispose()
  client.byId.get('t1')!.set({ messages: [message({ clientId: 'turn of sent', content: 'sent' })] })
  const again = await start()
  expect(again.getSnapshot().threadId).toBe('t1')
  expect(again.getSnapshot().draft).toBe('')
})

test('changed, or in another conversation, what is put back is another message', async () => {
  for (const change of [(model: Model) => model.type('other'), (model: Model) => model.newThread()]) {
    const model = await start()
    model.send('lost')
    model.dispose()
    memory.set('draft', null)
    const again = await start()
    expect(again.getSnapshot().draft).toBe('lost')
    change(again)
    again.submit()
    expect(fresh().sentIds).toHaveLength(1)
    expect(fresh().sentIds).not.toContain('turn of lost')
    accept(fresh())
    again.dispose()
  }
})

test('a message that never reached the server goes back to the composer of the next conversation', async () => {
  const model = await start()
  model.type('lost?')
  model.submit()
  fresh().end({ status: 'failed', error: failed('network') })
  expect(failureOf(model.getSnapshot())?.code).toBe('network')
  model.newThread()
  expect(model.getSnapshot().draft).toBe('lost?')
  expect(failureOf(model.getSnapshot())).toBeNull()
})

/** Sends what can't be delivered. */
function lose(model: Model, text: string, attached: readonly Attachment[] = []): void {
  model.type(text)
  model.attach(attached)
  model.submit()
  fresh().end({ status: 'failed', error: failed('database_unavailable') })
}

test('one that could not be sent, and was left for another question, goes back to the composer after a reload', async () => {
  const model = await start()
  lose(model, 'lost')
  model.send('next')
  accept(fresh(), 't9')
  const [, next] = fresh().getSnapshot().messages
  fresh().set({ messages: [message({ clientId: 'turn of lost', content: 'lost', status: 'failed' }), next!] })
  fresh().end({ status: 'completed', message: message({ role: 'assistant' }) })
  model.dispose()
  memory.set('unsent', JSON.stringify([{ id: 'turn of lost', draft: 'lost', attached: [] }]))
  client.threads.get('t9')
  client.byId.get('t9')!.set({ messages: [next!] })
  const again = await start()
  expect(again.getSnapshot().draft).toBe('lost')
  again.submit()
  expect(client.byId.get('t9')!.sentIds).toEqual(['turn of lost'])
  accept(client.byId.get('t9')!)
  expect([memory.get('draft'), memory.get('unsent')]).toEqual([null, null])
})

test('of those that could not be sent none takes the place of another', async () => {
  const model = await start()
  lose(model, 'one', [FILE])
  lose(model, 'two', [{ ...FILE, key: 'f2', id: 'f2' }])
  model.type('three')
  model.dispose()
  for (const _ of [1, 2]) {
    const again = await start()
    expect(again.getSnapshot().draft).toBe('one\n\ntwo\n\nthree')
    again.dispose()
  }
  const last = await start()
  last.submit()
  expect(fresh().sent).toEqual(['one\n\ntwo\n\nthree'])
  expect(fresh().sentWith.files?.map(({ id }) => id)).toEqual(['f1', 'f2'])
  expect(fresh().sentIds).toEqual([undefined])
  accept(fresh())
  expect([memory.get('draft'), memory.get('unsent')]).toEqual([null, null])
})

test('of several, one that has got there is not put back', async () => {
  const model = await start()
  lose(model, 'one')
  lose(model, 'two')
  model.dispose()
  client.threadsAtOpening = [summary('t1', HOUR_AGO)]
  client.threads.get('t1')
  client.byId.get('t1')!.set({ messages: [message({ clientId: 'turn of two', content: 'two' })] })
  const again = await start()
  expect([again.getSnapshot().threadId, again.getSnapshot().draft]).toEqual(['t1', 'one'])
})

test('of several, none is put back before the conversation is there, and then those that it lacks', async () => {
  const model = await start()
  lose(model, 'one')
  lose(model, 'two')
  model.dispose()
  client.threadsAtOpening = [summary('t1', HOUR_AGO)]
  client.threads.get('t1')
  const thread = client.byId.get('t1')!
  thread.failLoad = failed('database_unavailable')
  const again = await start()
  expect(again.getSnapshot()).toMatchObject({ draft: '', unsent: [{ draft: 'one' }, { draft: 'two' }] })
  thread.failLoad = null
  thread.set({ messages: [message({ clientId: 'turn of two', content: 'two' })] })
  again.retry()
  await expect.poll(() => again.getSnapshot().draft).toBe('one')
})

test('what was put back goes on as the same message over another reload, and as another once it was changed', async () => {
  const model = await start()
  lose(model, 'lost', [FILE])
  model.dispose()
  for (const _ of [1, 2]) {
    const again = await start()
    expect(again.getSnapshot()).toMatchObject({ draft: 'lost', attached: [FILE] })
    again.dispose()
  }
  const changed = await start()
  changed.type('lost again')
  changed.dispose()
  const last = await start()
  expect(last.getSnapshot().draft).toBe('lost again')
  last.submit()
  expect(fresh().sentIds).not.toContain('turn of lost')
})

test('who sends at once has what was not sent before after the next reload', async () => {
  const model = await start()
  lose(model, 'lost')
  model.dispose()
  const quick = createModel({ client, memory, emit: () => {}, now: () => NOW })
  const opening = quick.start()
  quick.send('quick')
  await opening
  expect(quick.getSnapshot().draft).toBe('')
  accept(fresh())
  quick.dispose()
  expect((await start()).getSnapshot().draft).toBe('lost')
})

test('what the client refuses to send stays in the composer', async () => {
  const model = await start()
  model.type('one file too many')
  model.attach([FILE])
  fresh().refuses = true
  model.submit()
  expect(model.getSnapshot()).toMatchObject({ draft: 'one file too many', attached: [FILE], unsent: [] })
})

test('a failed turn is tried again by the thread', async () => {
  const model = await start()
  model.send('hello')
  fresh().end({ status: 'failed', error: failed('model_unavailable') })
  model.retry()
  expect(fresh().calls).toEqual(['retry'])
  expect(isRunning(model.getSnapshot().thread)).toBe(true)
})

test('the composer refuses what is empty, too long in characters, or in the way of an answer', async () => {
  const model = await start()
  for (const text of ['', ' \n ', '\u3164\u2800\ufe0f', 'x'.repeat(21)]) {
    model.type(text)
    expect(canSend(model.getSnapshot())).toBe(false)
    model.submit()
  }
  expect(fresh().sent).toEqual([])
  model.type('🚲'.repeat(20))
  expect(charactersLeft(model.getSnapshot())).toBe(0)
  expect(canSend(model.getSnapshot())).toBe(true)
  model.submit()
  model.type('next')
  model.submit()
  expect(model.getSnapshot().draft).toBe('next')
  expect(fresh().sent).toHaveLength(1)
})

test('what the server alone calls empty is told to the visitor, and stays theirs to change', async () => {
  const model = await start()
  model.type('…')
  model.submit()
  fresh().end({ status: 'failed', error: failed('text_required') })
  expect(failureOf(model.getSnapshot())?.code).toBe('text_required')
  expect(ENGLISH.errors.text_required).toBe('Write something first.')
  model.newThread()
  expect(model.getSnapshot().draft).toBe('…')
})

test('hosts hear of a message, its answer and its conversation, and never of its text', async () => {
  const model = await start()
  model.send('secret', 's1')
  accept(fresh())
  fresh().end({ status: 'completed', message: message({ role: 'assistant' }) })
  await expect.poll(() => named('answered')).toEqual([{ turnId: 'turn of secret', status: 'completed', ms: 0 }])
  expect(named('sent')).toEqual([{ turnId: 'turn of secret' }])
  expect(named('suggestion')).toEqual([{ id: 's1' }])
  expect(named('threadchange')).toEqual([{ threadId: 't9' }])
  expect(fresh().sent).toEqual(['secret'])
  expect(fresh().sentWith.suggestionId).toBe('s1')
})

test('what is kept of a message and cannot be read is no message', async () => {
  // One message is what an earlier version kept.
  const earlier = JSON.stringify({ id: 'm1', text: 'lost', attached: [] })
  for (const garbled of ['', '{', '7', 'null', '{}', '[{}]', 'no JSON', earlier]) {
    memory.set('unsent', garbled)
    const model = await start()
    expect(model.getSnapshot().draft).toBe('')
    model.submit()
    model.dispose()
  }
  expect(client.created.flatMap(({ sent }) => sent)).toEqual([])
})

test('what is attached goes with the draft, alone as well, and once', async () => {
  const model = await start()
  model.attach([FILE])
  expect(canSend(model.getSnapshot())).toBe(true)
  model.submit()
  expect([fresh().sent, fresh().sentWith.files]).toEqual([[''], [FILE]])
  expect(model.getSnapshot().attached).toEqual([])
  accept(fresh())
  fresh().end({ status: 'completed', message: message({ role: 'assistant' }) })
  model.type('next')
  model.submit()
  expect(fresh().sentWith.files).toEqual([])
})

test.each([
  ['as the same', null],
  ['as another where other files go with it', (model: Model) => model.attach([FILE])],
])('a message with files that may not have got there is put back with them, and sent %s', async (_, change) => {
  const model = await start()
  model.type('with a file')
  model.attach([FILE])
  model.submit()
  model.dispose()
  const again = await start()
  expect(again.getSnapshot()).toMatchObject({ draft: 'with a file', attached: [FILE] })
  change?.(again)
  again.submit()
  expect(fresh().sentIds.includes('turn of with a file')).toBe(!change)
  expect(fresh().sentWith.files).toEqual([FILE])
  accept(fresh())
  expect(memory.get('unsent')).toBeNull()
})

test('one that has got there is not, and its files are not either', async () => {
  const model = await start()
  model.attach([FILE])
  model.submit()
  model.dispose()
  const again = await start()
  expect(again.getSnapshot().attached).toEqual([FILE])
  fresh().set({ messages: [message({ clientId: 'turn of ' })] })
  expect(again.getSnapshot().attached).toEqual([])
})

test('files of a message that never reached the server go to the composer of the next conversation', async () => {
  const model = await start()
  model.attach([FILE])
  model.submit()
  fresh().end({ status: 'failed', error: failed('network') })
  model.attach([{ ...FILE, key: 'f2', id: 'f2' }])
  model.newThread()
  expect(model.getSnapshot().attached.map(({ id }) => id)).toEqual(['f1', 'f2'])
})

test('who signs out leaves no files behind, whether they were shown or not', async () => {
  const model = await start()
  memory.set('attached', JSON.stringify([FILE]))
  model.attach([FILE])
  await client.signOut()
  expect(model.getSnapshot().attached).toEqual([])
  expect(memory.get('attached')).toBeNull()
})

test('without frames, each piece of an answer is seen at once', async () => {
  const model = await start()
  const turn = model.send('hello')
  fresh().set({ turn: { status: 'streaming', turn } })
  for (const content of ['a', 'ab']) {
    fresh().set({ messages: [message({ role: 'assistant', content })] })
    expect(model.getSnapshot().thread.messages[0]?.content).toBe(content)
  }
})

test('while an answer streams the panel hears of it once a frame, and at once of its end', async () => {
  const frames: (() => void)[] = []
  const model = createModel({ client, memory, emit: () => {}, frame: (run) => frames.push(run) })
  const turn = model.send('hello')
  const answer = (content: string) => fresh().set({ messages: [message({ role: 'assistant', content })] })
  fresh().set({ turn: { status: 'streaming', turn } })
  answer('a')
  answer('ab')
  expect(frames).toHaveLength(1)
  frames[0]!()
  expect(model.getSnapshot().thread.messages[0]?.content).toBe('ab')
  answer('abc')
  fresh().end({ status: 'completed', message: message({ role: 'assistant' }) })
  expect(model.getSnapshot().thread.messages[0]?.content).toBe('abc')
  expect(isRunning(model.getSnapshot().thread)).toBe(false)
})
