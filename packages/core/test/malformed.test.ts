import { describe, expect, it, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import { ASSISTANT, fakeProject, json, KEY, opened, partStream, URL_OF_PROJECT } from './support/project.ts'
import { clientOf, historyOf } from './support/watch.ts'

describe('a result that lacks what is used of it is malformed, once', () => {
  it.each([
    ['threads as a list', { threads: [] }],
    ['threads without items', { threads: {} }],
    ['no threads', { threads: null }],
    ['no visitor', { visitor: null }],
    ['an assistant that is a text', { assistant: 'Ada' }],
    ['questions that are no list', { questions: { items: [] } }],
  ])('opening: %s', async (_, change) => {
    const project = fakeProject().on('POST rpc/open_session', () => json(opened(change)))
    const client = clientOf(project)
    const states = historyOf(client)
    const { error } = (await client.threads.create().send('Hi').done) as { error?: object }
    expect(error).toMatchObject({ name: 'LoaclError', code: 'response_malformed', status: 200 })
    expect(states.map(({ status }) => status)).toEqual(['idle', 'opening', 'failed'])
    expect(project.calls).toHaveLength(1)
  })

  it.each([
    ['list_threads', { items: {} }],
    ['list_threads', { items: [null] }],
    ['list_messages', { items: [], nextCursor: null }],
  ])('%s: %j', async (name, result) => {
    const project = fakeProject().on(`POST rpc/${name}`, () => json(result))
    const { threads } = clientOf(project)
    const call = name === 'list_threads' ? threads.list() : threads.get(ASSISTANT).load()
    await expect(call).rejects.toMatchObject({ name: 'LoaclError', code: 'response_malformed' })
  })
})

const ids = { turnId: 't1', threadId: 'h1', userMessageId: 'u1', messageId: 'a1' }
/** A client whose clock fails once its session is open: within what handles a response. */
const faulty = (stream: ReturnType<typeof partStream>) => {
  const project = fakeProject().on('POST turns', stream.answer)
  let isBroken = false
  const now = () => {
    if (isBroken) throw new TypeError('A fault in code.')
    return 0
  }
  const { fetch } = project
  const client = createClient({ url: URL_OF_PROJECT, key: KEY, assistant: ASSISTANT, storage: 'memory', fetch, now })
  return { project, client, breakClock: () => (isBroken = true) }
}

describe('a fault in code', () => {
  it('is internal, and never taken for the network’s', async () => {
    const stream = partStream()
    const { project, client, breakClock } = faulty(stream)
    await client.open()
    const turn = client.threads.create().send('Hi')
    await vi.waitFor(() => expect(project.named('POST turns')).toHaveLength(1))
    breakClock()
    stream.send({ type: 'data-turn', data: ids })
    expect(await turn.done).toMatchObject({
      status: 'failed',
      error: { code: 'internal', cause: expect.any(TypeError) },
    })
    expect(project.named('POST turns')).toHaveLength(1)
    expect(project.named('GET turns')).toEqual([])
  })

  it('of what fetches is the network’s', async () => {
    const project = fakeProject().on('POST rpc/open_session', () => Promise.reject(new TypeError('Failed to fetch')))
    await expect(clientOf(project).open()).rejects.toMatchObject({ code: 'network', cause: expect.any(TypeError) })
  })
})
