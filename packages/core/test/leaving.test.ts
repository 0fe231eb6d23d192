import { describe, expect, it } from 'vitest'
import { begun, fakeProject, json, opened, partStream, text, tokensOf } from './support/project.ts'
import { clientOf, eventsOf, memoryStorage } from './support/watch.ts'

describe('leaving', () => {
  it('signs out: the next call is a new guest’s', async () => {
    const thread = { id: 'thread-1', title: null, status: 'active', createdAt: '', lastMessageAt: '' }
    const project = fakeProject().on(
      'POST rpc/open_session',
      () => json(opened({ threads: { items: [thread], nextCursor: null } })),
      () => json(opened()),
    )
    const client = clientOf(project, { storage: memoryStorage() })
    await client.open()
    const before = client.threads.get('thread-1')
    await client.signOut()
    expect(client.getSnapshot()).toEqual({ status: 'idle' })
    expect(client.threads.get('thread-1')).not.toBe(before)
    await client.open()
    expect(client.getSnapshot()).toMatchObject({ status: 'open', threads: [] })
    const [first, signedOut, second] = tokensOf(project)
    expect(signedOut).toBe(first)
    expect(second).not.toBe(first)
  })

  it('fails what is under way, and all that comes after, once disposed of', async () => {
    const project = fakeProject().on('POST rpc/open_session', () => new Promise(() => {}))
    const client = clientOf(project)
    const opening = client.open()
    client.dispose()
    await expect(opening).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.open()).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.threads.list()).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.signOut()).rejects.toMatchObject({ code: 'disposed' })
    expect(await client.threads.create().send('Hi').done).toMatchObject({
      status: 'failed',
      error: { code: 'disposed' },
    })
    expect(project.calls).toHaveLength(1)
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
