import { describe, expect, it } from 'vitest'
import { answered, ASSISTANT, begun, complete, fakeProject, finish, IDS, partStream, text } from './support/project.ts'
import { message, messagePage } from './support/followed_thread.ts'
import { clientOf, distinct, eventsOf, historyOf, lineOf, messagesOf } from './support/watch.ts'

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
      clientThreadId: expect.stringMatching(/^[\w-]{22}$/),
      assistantId: ASSISTANT,
      id: turn.id,
      threadId: null,
      text: 'Hi',
    })
    expect(turn.id).toMatch(/^[\w-]{22}$/)
    expect(post!.headers.get('x-loacl-session')).toBe(project.calls[0]!.headers.get('x-loacl-session'))
    expect(post!.headers.has('content-profile')).toBe(false)
  })

  it('starts without being iterated, and tells each iterator everything from the start', async () => {
    const stream = partStream()
    const thread = clientOf(fakeProject().on('POST turns', stream.answer)).threads.create()
    const turn = thread.send('Hi')
    const early = eventsOf(turn)
    const source = { type: 'source-url', sourceId: 's1', url: 'https://example.com' } as const
    const cited = { ...source, citations: [{ start: 0, end: 5 }] }
    const suggestions = [{ id: 'f1', suggestion: 'And then?', used: false }]
    stream
      .send(
        ...begun(),
        { type: 'reasoning-delta', id: 'r1', delta: 'Hm' },
        text('Hello'),
        source,
        source,
        cited,
        complete(),
      )
      .send({ type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } })
      .send({ type: 'data-title', data: { threadId: IDS.threadId, title: 'Greetings' } }, finish)
      .done()
    const result = await turn.done

    const { messageId } = IDS
    const expected = [
      { type: 'reasoning', messageId, delta: 'Hm' },
      { type: 'text', messageId, delta: 'Hello' },
      { type: 'source', messageId, source },
      // Again, for it is cited now.
      { type: 'source', messageId, source: cited },
      { type: 'follow-ups', messageId, suggestions },
      { type: 'title', title: 'Greetings' },
      { type: 'end', result },
    ]
    expect(await early).toEqual(expected)
    expect(await eventsOf(turn)).toEqual(expected)
    expect(await turn.text()).toBe('Hello')
    expect(result).toMatchObject({
      message: { parts: [{ type: 'reasoning', text: 'Hm' }, { type: 'text', text: 'Hello' }, cited], suggestions },
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

  it('stays out of sight where another branch is chosen while its follow-ups are awaited', async () => {
    const other = message('answer-0', 'Another')
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST rpc/choose_branch', () => new Response(null, { status: 204 }))
      .on('POST rpc/list_messages', () => messagePage([other]))
    const thread = clientOf(project).threads.create()
    const turn = thread.send('One')
    stream.send(...begun(), text('First'), complete())
    await expect.poll(() => thread.getSnapshot().turn.status).toBe('idle')
    await thread.select(other.id)
    const suggestions = [{ id: 'f1', suggestion: 'And then?', used: false }]
    stream.send({ type: 'data-follow-ups', data: { messageId: IDS.messageId, suggestions } }, finish).done()
    await turn.done
    expect(messagesOf(thread.getSnapshot())).toEqual(['assistant completed "Another"'])
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
    await expect
      .poll(() => thread.getSnapshot().messages[1]!.suggestions)
      .toEqual([{ id: 'f1', suggestion: 'And then?', used: true }])
    await expect
      .poll(() => project.named('POST rpc/use_suggestion').map(({ body }) => body))
      .toEqual([{ suggestion_id: 'f1' }])
  })
})
