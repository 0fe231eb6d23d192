import { describe, expect, it } from 'vitest'
import type { Message } from '../src/index.ts'
import { message as assistantMessage, messagePage } from './support/followed_thread.ts'
import { answered, begun, complete, fakeProject, finish, IDS, partStream, rpcError, text } from './support/project.ts'
import { clientOf, historyOf, messagesOf } from './support/watch.ts'

const userMessage = (id: string, content: string): Message =>
  assistantMessage(id, content, { role: 'user', author: 'visitor', clientId: `client-${id}` })
const ids = ({ messages }: { messages: readonly Message[] }) => messages.map(({ id }) => id)

describe('loading', () => {
  it('gives the newest page, oldest first, and then the one before', async () => {
    const project = fakeProject().on(
      'POST rpc/list_messages',
      () => messagePage([assistantMessage('m4', 'Here.'), userMessage('m3', 'Where?')], { nextCursor: 'm2' }),
      () => messagePage([userMessage('m3', 'Where?'), assistantMessage('m2', 'Yes?'), userMessage('m1', 'Hi')]),
    )
    const thread = clientOf(project).threads.get('thread-1')
    const states = historyOf(thread)
    await thread.load()
    expect(thread.getSnapshot()).toMatchObject({ title: 'Parcels', hasOlder: true })
    await Promise.all([thread.loadOlder(), thread.loadOlder()])
    await thread.loadOlder()
    expect(states.map(ids)).toEqual([[], ['m3', 'm4'], ['m1', 'm2', 'm3', 'm4']])
    expect(thread.getSnapshot().hasOlder).toBe(false)
    expect(project.named('POST rpc/list_messages').map(({ body }) => body)).toEqual([
      { thread_id: 'thread-1', cursor: null, page_size: 50 },
      { thread_id: 'thread-1', cursor: 'm2', page_size: 50 },
    ])
  })

  it('asks nothing for a thread without a message', async () => {
    const project = fakeProject()
    const thread = clientOf(project).threads.create()
    await thread.load()
    await thread.loadOlder()
    expect(project.calls).toEqual([])
  })

  it('passes on that there is no such thread', async () => {
    const project = fakeProject().on('POST rpc/list_messages', () => rpcError(404, 'thread_not_found'))
    await expect(clientOf(project).threads.get('x').load()).rejects.toMatchObject({ code: 'thread_not_found' })
  })

  it('can be given up', async () => {
    const project = fakeProject().on('POST rpc/list_messages', () => new Promise(() => {}))
    const abort = new AbortController()
    const loading = clientOf(project).threads.get('thread-1').load({ signal: abort.signal })
    abort.abort()
    await expect(loading).rejects.toMatchObject({ code: 'aborted' })
  })

  it.each(['stopped', 'cut', 'failed'] as const)('retry asks anew where the answer is %s', async (status) => {
    const items = [assistantMessage('a0', 'Hel', { status }), userMessage('u0', 'Hi')]
    const project = fakeProject()
      .on('POST rpc/list_messages', () => messagePage(items))
      .on('POST turns', answered('Anew').answer)
    const thread = clientOf(project).threads.get(IDS.threadId)
    await thread.load()
    expect(await thread.retry().text()).toBe('Anew')
    expect(project.named('POST turns')[0]!.body).toMatchObject({ type: 'retry', id: items[1]!.clientId })
  })

  it('keeps a message that never got through, and the answer that is streaming', async () => {
    const stream = partStream()
    const asked = userMessage('user-1', 'Hi')
    const project = fakeProject()
      .on('POST turns', () => rpcError(429, 'rate_limited'), stream.answer)
      .on('POST rpc/list_messages', () =>
        messagePage([
          assistantMessage('answer-1', '', { status: 'streaming', parts: [] }),
          asked,
          userMessage('m1', 'Old'),
        ]),
      )
    const thread = clientOf(project).threads.get('thread-1')
    await thread.send('Lost').done
    const turn = thread.send('Hi', { id: asked.clientId! })
    stream.send(...begun(), text('Hel'))
    for await (const event of turn) if (event.type === 'text') break
    await thread.load()
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user completed "Old"',
      'user completed "Hi"',
      'assistant streaming "Hel"',
      'user failed "Lost"',
    ])
    stream.send(text('lo'), complete(), finish).done()
    await turn.done
    expect(messagesOf(thread.getSnapshot())[2]).toBe('assistant completed "Hello"')
  })
})

describe('coming back', () => {
  it('joins the turn that is running, from its start', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST rpc/list_messages', () =>
        messagePage(
          [assistantMessage('answer-1', '', { status: 'streaming', parts: [] }), userMessage('user-1', 'Hi')],
          {
            activeTurnId: 'turn-1',
          },
        ),
      )
      .on('GET turns/turn-1', stream.answer)
    const thread = clientOf(project).threads.get('thread-1')
    expect(thread.resume()).toBeNull()
    await thread.load()
    const turn = thread.resume()!
    expect(thread.getSnapshot().turn).toEqual({ status: 'streaming', turn })
    expect(thread.resume()).toBe(turn)
    stream.send(...begun(), text('Hello'), complete(), finish).done()
    expect(await turn.text()).toBe('Hello')
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
    expect(project.named('GET').map(({ name }) => name)).toEqual(['GET turns/turn-1?after=0'])
    expect(thread.resume()).toBeNull()
  })

  it('retries an answer that failed before the reload', async () => {
    const project = fakeProject()
      .on('POST rpc/list_messages', () =>
        messagePage([
          assistantMessage('m2', '', { status: 'failed', errorCode: 'turn_abandoned' }),
          userMessage('user-1', 'Hi'),
        ]),
      )
      .on('POST turns', answered('Hello').answer)
    const thread = clientOf(project).threads.get('thread-1')
    await thread.load()
    expect(await thread.retry().text()).toBe('Hello')
    expect(project.named('POST turns')[0]!.body).toMatchObject({
      type: 'retry',
      id: 'client-user-1',
      threadId: 'thread-1',
    })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
  })
})
