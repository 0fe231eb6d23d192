import { describe, expect, it } from 'vitest'
import {
  answered,
  ASSISTANT,
  begun,
  complete,
  fakeProject,
  finish,
  functionError,
  IDS,
  json,
  opened,
  partStream,
  rpcError,
  text,
} from './support/project.ts'
import { clientOf, distinct, historyOf, lineOf, messagesOf } from './support/watch.ts'

describe('a turn that fails', () => {
  it('at the model: keeps what was said, and asks anew at retry', async () => {
    const broken = partStream()
      .send(...begun(), text('Hel'), complete({ status: 'failed' }))
      .send(
        {
          type: 'data-error',
          data: { code: 'model_rate_limited', message: 'Busy.', requestId: 'r1', retryAfterMs: 7000 },
        },
        { type: 'error', errorText: 'Busy.' },
      )
      .done()
    const again = answered('Hello', { turnId: 'turn-2', messageId: 'answer-2' })
    const project = fakeProject().on('POST turns', broken.answer, again.answer)
    const thread = clientOf(project).threads.create()
    const states = historyOf(thread)
    const turn = thread.send('Hi')
    const result = await turn.done
    const error = { code: 'model_rate_limited', message: 'Busy.', requestId: 'r1', retryAfterMs: 7000 }
    expect(result).toMatchObject({
      status: 'failed',
      error,
      message: { content: 'Hel', errorCode: 'model_rate_limited' },
    })
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed', error })

    expect(await thread.retry().text()).toBe('Hello')
    expect(distinct(states.map(lineOf)).slice(4)).toEqual([
      'streaming | user completed "Hi" | assistant streaming "Hel"',
      'streaming | user completed "Hi" | assistant failed "Hel"',
      'failed | user completed "Hi" | assistant failed "Hel"',
      'sending | user completed "Hi" | assistant failed "Hel"',
      'streaming | user completed "Hi" | assistant streaming ""',
      'streaming | user completed "Hi" | assistant streaming "Hello"',
      'idle | user completed "Hi" | assistant completed "Hello"',
    ])
    expect(project.named('POST turns')[1]!.body).toEqual({
      type: 'retry',
      assistantId: ASSISTANT,
      id: turn.id,
      threadId: IDS.threadId,
    })
  })

  it('before the server has it: keeps the message, and sends it again under the same id', async () => {
    const project = fakeProject().on(
      'POST turns',
      () => functionError(429, 'rate_limited', { retryAfterMs: 900 }),
      answered('Hello').answer,
    )
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'rate_limited', retryAfterMs: 900 } })
    expect(thread.getSnapshot()).toMatchObject({
      messages: [{ status: 'failed', content: 'Hi', errorCode: 'rate_limited' }],
      turn: { status: 'failed', error: { code: 'rate_limited' } },
    })
    expect(await thread.retry().text()).toBe('Hello')
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
    const [first, second] = project.named('POST turns')
    expect(second!.body).toEqual(first!.body)
  })

  it.each([
    [502, { message: 'ECONNRESET' }],
    [503, { code: 'BOOT_ERROR', message: 'Worker failed to boot' }],
    [504, { message: 'The upstream server is timing out' }],
    [546, { code: 'WORKER_LIMIT', message: 'Function failed due to not having enough compute resources' }],
  ])('at the gateway, with status %s: sends it again by itself, under the same id', async (status, body) => {
    const project = fakeProject().on('POST turns', () => json(body, status), answered('Hello').answer)
    const thread = clientOf(project).threads.create()
    expect(await thread.send('Hi').text()).toBe('Hello')
    const [first, second, ...more] = project.named('POST turns')
    expect(second!.body).toEqual(first!.body)
    expect(more).toEqual([])
  })

  it('before the client is open: the same', async () => {
    const project = fakeProject()
      .on(
        'POST rpc/open_session',
        () => rpcError(404, 'assistant_not_found'),
        () => json(opened()),
      )
      .on('POST turns', answered('Hello').answer)
    const thread = clientOf(project).threads.create()
    expect(await thread.send('Hi').done).toMatchObject({ error: { code: 'assistant_not_found' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user failed "Hi"'])
    expect(await thread.retry().text()).toBe('Hello')
  })

  it('keeps what the server has as it is when trying again is refused', async () => {
    const broken = partStream()
      .send(...begun(), text('Hel'), complete({ status: 'failed' }), { type: 'error', errorText: 'Oh.' })
      .done()
    const project = fakeProject().on('POST turns', broken.answer, () => functionError(429, 'rate_limited'))
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    expect(await thread.retry().done).toMatchObject({ error: { code: 'rate_limited' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant failed "Hel"'])
    await thread.retry().done
    expect(project.named('POST turns').map(({ body }) => body.type)).toEqual(['message', 'retry', 'retry'])
  })

  it('because a part is malformed', async () => {
    const stream = partStream()
      .send(...begun())
      .raw('data: {"type":"text-delta"}\n\n')
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    expect(await thread.send('Hi').done).toMatchObject({ status: 'failed', error: { code: 'stream_malformed' } })
  })

  it('because what came is no stream', async () => {
    const thread = clientOf(fakeProject().on('POST turns', () => new Response('<p>Sign in</p>'))).threads.create()
    expect(await thread.send('Hi').done).toMatchObject({ error: { code: 'response_malformed', status: 200 } })
  })

  it('skips parts that are newer than this client', async () => {
    const stream = partStream()
      .send(...begun())
      .raw('id: 3\ndata: {"type":"data-confetti","data":{}}\n\n')
    stream.raw(`id: 4\ndata: ${JSON.stringify(text('Hello'))}\n\nid: 5\ndata: ${JSON.stringify(finish)}\n\n`).done()
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    expect(await thread.send('Hi').text()).toBe('Hello')
  })

  it('retry says so where the answer is complete, and asks nothing', async () => {
    const project = fakeProject().on('POST turns', answered('Hello').answer)
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    const states = historyOf(thread)
    expect(await thread.retry().done).toMatchObject({ status: 'failed', error: { code: 'already_answered' } })
    expect(states.at(-1)).toEqual(states[0])
    expect(project.named('POST turns')).toHaveLength(1)
  })

  it('retry has nothing to do in an empty thread', async () => {
    const project = fakeProject()
    expect(await clientOf(project).threads.create().retry().done).toMatchObject({
      error: { code: 'message_not_found' },
    })
    expect(project.named('POST turns')).toEqual([])
  })
})

describe('a session that ends while the page is open', () => {
  it('loses nothing of a first message', async () => {
    const project = fakeProject().on(
      'POST turns',
      () => functionError(401, 'session_expired'),
      answered('Hello').answer,
    )
    const client = clientOf(project)
    const thread = client.threads.create()
    expect(await thread.send('Hi').text()).toBe('Hello')
    const [, first, , second] = project.calls
    expect(second!.body).toEqual(first!.body)
    expect(second!.headers.get('x-loacl-session')).not.toBe(first!.headers.get('x-loacl-session'))
  })

  it('keeps a later message, which begins anew at retry', async () => {
    const project = fakeProject().on(
      'POST turns',
      answered('Hello').answer,
      () => functionError(401, 'session_expired'),
      answered('Anew', { threadId: 'thread-2', messageId: 'answer-2', userMessageId: 'user-2' }).answer,
    )
    const client = clientOf(project)
    const thread = client.threads.create()
    await thread.send('Hi').done
    expect(await thread.send('More').done).toMatchObject({ status: 'failed', error: { code: 'session_expired' } })
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user completed "Hi"',
      'assistant completed "Hello"',
      'user failed "More"',
    ])
    expect(await thread.retry().text()).toBe('Anew')
    expect(thread.getSnapshot().id).toBe('thread-2')
    expect(client.threads.get('thread-2')).toBe(thread)
    expect(project.named('POST turns')[2]!.body).toMatchObject({ threadId: null, text: 'More' })
  })
})
