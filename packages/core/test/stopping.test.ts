import { describe, expect, it } from 'vitest'
import { answered, begun, complete, fakeProject, functionError, json, partStream, text } from './support/project.ts'
import { clientOf, messagesOf } from './support/watch.ts'

const ID = '5f3c2a10-0000-4000-8000-000000000001'

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

  it('goes by the message until the server has said which turn it is', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on(`POST messages/${ID}/stop`, () => json({ state: 'kept' }, 202))
      .on('POST turns/turn-1/stop', () => {
        stream.send(complete({ status: 'stopped' }), { type: 'abort' }).done()
        return json({ state: 'running' }, 202)
      })
    const abort = new AbortController()
    const turn = clientOf(project).threads.create().send('Hi', { id: ID, signal: abort.signal })
    await expect.poll(() => project.named('POST turns')).toHaveLength(1)
    abort.abort()
    await expect.poll(() => project.named(`POST messages/${ID}/stop`)).toHaveLength(1)
    stream.send(...begun())
    expect((await turn.done).status).toBe('stopped')
    expect(project.named('POST turns/')).toHaveLength(1)
  })

  it('of a message whose answer was lost ends as the server says, whatever its id', async () => {
    const id = 'a/b?c#%'
    const again = partStream()
    const project = fakeProject()
      .on('POST turns', () => Promise.reject(new TypeError('Failed to fetch')), again.answer)
      .on(`POST messages/${encodeURIComponent(id)}/stop`, () => json({ state: 'running' }, 202))
      .on('POST turns/turn-1/stop', () => json({ state: 'stopped' }, 202))
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi', { id })
    await expect.poll(() => thread.getSnapshot().turn.status).toBe('reconnecting')
    turn.stop()
    await expect.poll(() => project.named(`POST messages/${encodeURIComponent(id)}/stop`)).toHaveLength(1)
    again.send(...begun(), text('Hel'), complete({ status: 'stopped' }), { type: 'abort' }).done()
    expect(await turn.done).toMatchObject({ status: 'stopped', message: { content: 'Hel' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant stopped "Hel"'])
  })

  it('that the server refuses ends the wait for another try', async () => {
    const project = fakeProject()
      .on('POST turns', () => Promise.reject(new TypeError('Failed to fetch')))
      .on(`POST messages/${ID}/stop`, () => functionError(401, 'session_invalid'))
    const thread = clientOf(project).threads.create()
    const turn = thread.send('Hi', { id: ID })
    await expect.poll(() => thread.getSnapshot().turn.status).toBe('reconnecting')
    turn.stop()
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'aborted' } })
    expect(messagesOf(thread.getSnapshot())).toEqual(['user failed "Hi"'])
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
