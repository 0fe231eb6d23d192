import { describe, expect, it } from 'vitest'
import type { PageContext } from '../src/index.ts'
import { answered, fakeProject, functionError, json, opened } from './support/project.ts'
import { clientOf, historyOf } from './support/watch.ts'

const LAMP = { title: 'A lamp', url: 'https://shop.example/lamp?ref=mail#price', sku: 'A-17' }
const STRIPPED = { ...LAMP, url: 'https://shop.example/lamp' }

/** A client, and what it has sent as the context of each message. */
function setUp(change: object = {}) {
  const project = fakeProject()
    .on('POST rpc/open_session', () => json(opened(change)))
    .on('POST turns', (call) => answered('Hello').answer(call))
    .on('POST rpc/erase_visitor_data', () => json({}))
  const client = clientOf(project)
  return {
    project,
    client,
    ask: () => client.threads.create().send('How much is it?').done,
    sent: () => project.named('POST turns').map(({ body }) => body['context']),
  }
}

describe('setContext', () => {
  it('goes with each message, without the query and the fragment of its address', async () => {
    const { client, ask, sent } = setUp()
    await ask()
    await client.setContext(LAMP)
    await ask()
    await ask()
    await client.setContext(LAMP, { keepQuery: true })
    await ask()
    await client.setContext(null)
    await ask()
    expect(sent()).toEqual([undefined, STRIPPED, STRIPPED, LAMP, null])
  })

  it('keeps a copy as it was when it was given, with an address that is an object', async () => {
    const { client, ask, sent } = setUp()
    const context = { title: 'A lamp', url: new URL(LAMP.url) }
    await client.setContext(context as unknown as PageContext)
    context.title = 'A rug'
    await ask()
    expect(sent()).toEqual([{ title: 'A lamp', url: STRIPPED.url }])
  })

  it.each<[string, unknown]>([
    ['a text', 'A lamp'],
    ['a list', [LAMP]],
    ['a number', 7],
    ['nothing', undefined],
    ['4097 bytes', { note: 'x'.repeat(4097 - '{"note":""}'.length) }],
    ['4 kB of characters that take three bytes each', { title: '灯'.repeat(1366) }],
  ])('refuses %s, and the one before stays', async (_, wrong) => {
    const { client, ask, sent } = setUp()
    await client.setContext(LAMP)
    const refused = expect.objectContaining({ code: 'options_invalid', message: expect.stringContaining('"context"') })
    await expect(client.setContext(wrong as PageContext)).rejects.toEqual(refused)
    await ask()
    expect(sent()).toEqual([STRIPPED])
  })

  it('takes 4096 bytes', async () => {
    const { client, ask, sent } = setUp()
    const context = { note: 'x'.repeat(4096 - '{"note":""}'.length) }
    await client.setContext(context)
    await ask()
    expect(sent()).toEqual([context])
  })

  it('sends nothing to an assistant whose owner has switched it off', async () => {
    const { assistant } = opened()
    const { client, ask, sent } = setUp({ assistant: { ...assistant, pageContext: false } })
    await client.setContext(LAMP)
    await ask()
    expect(sent()).toEqual([undefined])
  })

  it('is forgotten with the visitor who signs out, or is erased', async () => {
    for (const forget of ['signOut', 'eraseData'] as const) {
      const { client, ask, sent } = setUp()
      await client.setContext(LAMP)
      await ask()
      await client[forget]()
      await ask()
      expect(sent()).toEqual([STRIPPED, null])
    }
  })

  it('is the message’s own where that is sent again', async () => {
    const { project, client, sent } = setUp()
    project.on('POST turns', () => functionError(429, 'rate_limited'), answered('Hello').answer)
    await client.setContext(LAMP)
    const thread = client.threads.create()
    expect(await thread.send('How much is it?').done).toMatchObject({ status: 'failed' })
    expect(thread.getSnapshot().messages).toMatchObject([{ status: 'failed', context: STRIPPED }])
    await client.setContext({ title: 'A rug' })
    const turn = thread.retry()
    const states = historyOf(thread)
    expect(await turn.done).toMatchObject({ status: 'completed' })
    expect(states.map(({ messages }) => messages[0]!.status)).toContain('sending')
    expect(sent()).toEqual([STRIPPED, STRIPPED])
  })
})
