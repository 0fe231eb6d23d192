import { describe, expect, it } from 'vitest'
import { answered, begun, complete, fakeProject, json, partStream, text } from './support/project.ts'
import { clientOf, messagesOf } from './support/watch.ts'

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
