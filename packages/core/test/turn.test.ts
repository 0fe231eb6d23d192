import { describe, expect, it } from 'vitest'
import type { Turn, TurnEvent } from '../src/index.ts'
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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

async function eventsOf(turn: Turn): Promise<TurnEvent[]> {
  const events: TurnEvent[] = []
  for await (const event of turn) events.push(event)
  return events
}

describe('a turn', () => {
  it('shows the message at once, then the answer as it comes', async () => {
    const stream = partStream()
    const project = fakeProject().on('POST turns', stream.answer)
    const client = clientOf(project)
    const thread = client.threads.create()
    const states = historyOf(thread)

    const turn = thread.send('Hi')
    expect(messagesOf(thread.getSnapshot())).toEqual(['user sending "Hi"'])
    stream.send(...begun(), { type: 'text-start', id: 't1' }, text('Hel'), text('lo'), { type: 'text-end', id: 't1' })
    stream.send(complete({ usage: { inputTokens: 3, outputTokens: 2 } }), finish).done()
    const result = await turn.done

    expect(distinct(states.map(lineOf))).toEqual([
      'idle',
      'idle | user sending "Hi"',
      'sending | user sending "Hi"',
      'streaming | user completed "Hi" | assistant streaming ""',
      'streaming | user completed "Hi" | assistant streaming "Hel"',
      'streaming | user completed "Hi" | assistant streaming "Hello"',
      'idle | user completed "Hi" | assistant completed "Hello"',
    ])
    expect(result).toMatchObject({
      status: 'completed',
      message: { id: IDS.messageId, content: 'Hello', createdAt: '2026-11-22T08:00:00.000Z' },
      usage: { inputTokens: 3, outputTokens: 2 },
    })
    const [post] = project.named('POST turns')
    expect(post!.body).toEqual({
      type: 'message',
      assistantId: ASSISTANT,
      id: turn.id,
      threadId: null,
      text: 'Hi',
    })
    expect(turn.id).toMatch(UUID)
    expect(post!.headers.get('x-loacl-session')).toBe(project.calls[0]!.headers.get('x-loacl-session'))
    expect(post!.headers.has('content-profile')).toBe(false)
  })

  it('starts without being iterated, and tells each iterator everything from the start', async () => {
    const stream = partStream()
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    const turn = thread.send('Hi')
    const early = eventsOf(turn)
    const source = { type: 'source-url', sourceId: 's1', url: 'https://example.com' } as const
    const suggestions = [{ id: 'f1', suggestion: 'And then?', used: false }]
    stream
      .send(...begun(), { type: 'reasoning-delta', id: 'r1', delta: 'Hm' }, text('Hello'), source, complete())
      .send({ type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } })
      .send({ type: 'data-title', data: { threadId: IDS.threadId, title: 'Greetings' } }, finish)
      .done()
    const result = await turn.done

    const { messageId } = IDS
    const expected = [
      { type: 'reasoning', messageId, delta: 'Hm' },
      { type: 'text', messageId, delta: 'Hello' },
      { type: 'source', messageId, source },
      { type: 'follow-ups', messageId, suggestions },
      { type: 'title', title: 'Greetings' },
      { type: 'end', result },
    ]
    expect(await early).toEqual(expected)
    expect(await eventsOf(turn)).toEqual(expected)
    expect(await turn.text()).toBe('Hello')
    expect(result).toMatchObject({
      message: { parts: [{ type: 'reasoning', text: 'Hm' }, { type: 'text', text: 'Hello' }, source], suggestions },
    })
    expect(thread.getSnapshot().title).toBe('Greetings')
  })

  it('goes on when a loop is left', async () => {
    const stream = partStream()
    const project = fakeProject().on('POST turns', stream.answer)
    const turn = clientOf(project).threads.create().send('Hi')
    stream.send(...begun(), text('Hel'))
    for await (const event of turn) if (event.type === 'text') break
    stream.send(text('lo'), complete(), finish).done()
    expect(await turn.text()).toBe('Hello')
    expect(project.named('POST turns/')).toEqual([])
  })

  it('frees the composer when the answer is stored: the next may be sent while follow-ups are awaited', async () => {
    const first = partStream()
    const second = partStream()
    const ids = { messageId: 'answer-2', userMessageId: 'user-2', turnId: 'turn-2' }
    const project = fakeProject().on('POST turns', first.answer, second.answer)
    const thread = clientOf(project).threads.create()
    const turn = thread.send('One')
    first.send(...begun(), text('First'), complete())
    await expect.poll(() => thread.getSnapshot().turn.status).toBe('idle')
    const next = thread.send('Two')
    expect(thread.getSnapshot().turn).toEqual({ status: 'sending', turn: next })

    const suggestions = [{ id: 'f1', suggestion: 'And then?', used: false }]
    first.send({ type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } }, finish).done()
    await turn.done
    expect(thread.getSnapshot().turn).toEqual({ status: 'sending', turn: next })
    second.send(...begun(ids), text('Again'), complete(ids), finish).done()
    await next.done
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'user completed "One"',
      'assistant completed "First"',
      'user completed "Two"',
      'assistant completed "Again"',
    ])
    expect(thread.getSnapshot().messages[1]!.suggestions).toEqual(suggestions)
    expect(project.named('POST turns')[1]!.body).toMatchObject({ threadId: IDS.threadId, text: 'Two' })
  })

  it('is refused while another runs, and changes nothing', async () => {
    const stream = partStream()
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    const running = thread.send('One')
    const before = thread.getSnapshot()
    const refused = thread.send('Two')
    expect(await refused.done).toMatchObject({ status: 'failed', error: { code: 'turn_in_progress' } })
    await expect(refused.text()).rejects.toMatchObject({ code: 'turn_in_progress' })
    expect(await thread.retry().done).toMatchObject({ error: { code: 'turn_in_progress' } })
    expect(thread.getSnapshot().messages).toBe(before.messages)
    expect(thread.resume()).toBe(running)
  })

  it('is refused for a message of nothing but space', async () => {
    const project = fakeProject()
    const thread = clientOf(project).threads.create()
    const before = thread.getSnapshot()
    expect(await thread.send(' \n').done).toMatchObject({ status: 'failed', error: { code: 'text_required' } })
    expect(thread.getSnapshot()).toBe(before)
    expect(project.calls).toEqual([])
  })

  it('ends as cut, with what can be read of it', async () => {
    const stream = partStream().send(
      ...begun(),
      text('Once upon'),
      complete({ status: 'cut', cutReason: 'time_limit' }),
    )
    stream.send({ type: 'finish', finishReason: 'other' }).done()
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    expect(await thread.send('Tell').done).toMatchObject({
      status: 'cut',
      message: { status: 'cut', cutReason: 'time_limit', content: 'Once upon' },
    })
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
  })

  it('understands a stream that says only how it ended', async () => {
    const ends = [
      [finish, 'completed'],
      [{ type: 'abort' }, 'stopped'],
    ] as const
    for (const [part, status] of ends) {
      const stream = partStream()
        .send(...begun(), text('Hm'), part)
        .done()
      const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
      expect((await thread.send('Hi').done).status).toBe(status)
    }
  })

  it('marks the suggestion that was picked, once the server has the message', async () => {
    const suggestions = [{ id: 'f1', suggestion: 'And then?', used: false }]
    const first = partStream()
      .send(...begun(), text('One'), complete())
      .send({ type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } }, finish)
      .done()
    const second = answered('Two', { messageId: 'answer-2', userMessageId: 'user-2', turnId: 'turn-2' })
    const project = fakeProject()
      .on('POST turns', first.answer, second.answer)
      .on('POST rpc/use_suggestion', () => new Response(null, { status: 204 }))
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    await thread.send({ text: 'And then?', suggestionId: 'f1' }).done
    expect(thread.getSnapshot().messages[1]!.suggestions).toEqual([{ id: 'f1', suggestion: 'And then?', used: true }])
    await expect
      .poll(() => project.named('POST rpc/use_suggestion').map(({ body }) => body))
      .toEqual([{ suggestion_id: 'f1' }])
  })
})

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
      'failed | user completed "Hi"',
      'sending | user completed "Hi"',
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

  it('keeps a message that the server has as it is when trying again is refused', async () => {
    const broken = partStream()
      .send(...begun(), complete({ status: 'failed' }), { type: 'error', errorText: 'Oh.' })
      .done()
    const project = fakeProject().on('POST turns', broken.answer, () => functionError(429, 'rate_limited'))
    const thread = clientOf(project).threads.create()
    await thread.send('Hi').done
    expect(await thread.retry().done).toMatchObject({ error: { code: 'rate_limited' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"'])
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

  it('retry has nothing to do in an empty thread', async () => {
    const project = fakeProject()
    expect(await clientOf(project).threads.create().retry().done).toMatchObject({
      error: { code: 'message_not_found' },
    })
    expect(project.calls).toEqual([])
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

describe('stopping', () => {
  it('ends the turn at the server, and shows what had come', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST turns/turn-1/stop', () => {
        stream.send(complete({ status: 'stopped' }), { type: 'abort' }).done()
        return json({ state: 'running' }, 202)
      })
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi')
    stream.send(...begun(), text('Hel'))
    await expect.poll(() => messagesOf(thread.getSnapshot())[1]).toBe('assistant streaming "Hel"')
    thread.stop()
    turn.stop()
    expect(await turn.done).toMatchObject({ status: 'stopped', message: { status: 'stopped', content: 'Hel' } })
    expect(thread.getSnapshot().turn).toEqual({ status: 'idle' })
    expect(project.named('POST turns/')).toHaveLength(1)
  })

  it('waits until the server has said which turn it is', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST turns/turn-1/stop', () => {
        stream.send(complete({ status: 'stopped' }), { type: 'abort' }).done()
        return json({ state: 'running' }, 202)
      })
    const abort = new AbortController()
    const turn = clientOf(project).threads.create().send('Hi', { signal: abort.signal })
    await expect.poll(() => project.named('POST turns')).toHaveLength(1)
    abort.abort()
    expect(project.named('POST turns/')).toEqual([])
    stream.send(...begun())
    expect((await turn.done).status).toBe('stopped')
    expect(project.named('POST turns/')).toHaveLength(1)
  })

  it('before anything was sent sends nothing, and keeps the message', async () => {
    const project = fakeProject()
    const thread = clientOf(project).threads.create()
    const result = await thread.send('Hi', { signal: AbortSignal.abort() }).done
    expect(result).toMatchObject({ status: 'failed', error: { code: 'aborted' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user failed "Hi"'])
    expect(project.named('POST turns')).toEqual([])
  })

  it('does nothing to a turn that has ended', async () => {
    const project = fakeProject().on('POST turns', answered('Hello').answer)
    const abort = new AbortController()
    const turn = clientOf(project).threads.create().send('Hi', { signal: abort.signal })
    await turn.done
    turn.stop()
    abort.abort()
    expect(project.named('POST turns/')).toEqual([])
  })
})

describe('letting go', () => {
  it('leaves the turn to the server', async () => {
    const stream = partStream()
    const project = fakeProject().on('POST turns', stream.answer)
    const client = clientOf(project)
    const turn = client.threads.create().send('Hi')
    stream.send(...begun(), text('Hel'))
    const events = eventsOf(turn)
    await expect.poll(() => project.named('POST turns')).toHaveLength(1)
    client.dispose()
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'disposed' } })
    expect((await events).at(-1)).toMatchObject({ type: 'end' })
    expect(project.named('POST turns')[0]!.signal?.aborted).toBe(true)
    expect(project.named('POST turns/')).toEqual([])
  })
})
