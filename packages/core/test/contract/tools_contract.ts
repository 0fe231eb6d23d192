import type { CallAnswer, EventPage, StreamPart } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import type { StreamedAnswer, ToolCall } from '../../src/testing/index.ts'
import { callerOf, clientOf, collect, type ProjectUnderTest, textOf, turnOf, typesOf } from './project_under_test.ts'
import { ask, codeOf, messagesIn } from './wire_calls.ts'

/** A project whose assistant has tools. */
export interface ToolProjectUnderTest extends ProjectUnderTest {
  stream(): StreamedAnswer
}

const read = async (response: Response) => [response.status, (await response.json()) as CallAnswer] as const
const asking: ToolCall = { name: 'cancel_order', arguments: { order: 17 }, asks: true }
const page: ToolCall = { name: 'add_to_cart', arguments: { sku: 'a1' }, kind: 'page' }

/** What each project does with calls of tools. */
export function toolsContract(project: () => ToolProjectUnderTest): void {
  type Part<Type extends StreamPart['type']> = Extract<StreamPart, { type: Type }>

  async function waiting(...calls: ToolCall[]) {
    const me = callerOf(project())
    const answer = project()
      .stream()
      .say('So far')
      .call(...calls)
    const parts = await collect(await me.chat('POST', 'turns', me.message('Please'))).all()
    const turn = turnOf(parts)
    const asked = parts.flatMap(({ part }) => (part.type === 'tool-input-available' ? [part] : []))
    const post = (path: string, body: object = {}) => me.chat('POST', path, body)
    const decide = (at: number, approved: boolean, change: object = {}) => {
      const { toolCallId, toolMetadata } = asked[at]!
      const { argumentsDigest } = toolMetadata!
      return post(`calls/${toolCallId}/decision`, { approved, argumentsDigest, ...change })
    }
    const follow = async () => await collect(await me.chat('GET', `turns/${turn.turnId}?after=0`)).all()
    return { me, answer, parts, turn, asked, ids: asked.map(({ toolCallId }) => toolCallId), post, decide, follow }
  }

  describe('a tool that needs no approval', () => {
    it('runs within the turn, and the visitor sees that it has', async () => {
      const me = callerOf(project())
      project().stream().say('One ').call({ name: 'find_order' }).say('two').end()
      const parts = await collect(await me.chat('POST', 'turns', me.message('Please'))).all()
      expect(typesOf(parts).filter((type) => type.startsWith('tool'))).toEqual([
        'tool-input-available',
        'tool-output-available',
      ])
      expect((await messagesIn(me, turnOf(parts).threadId)).items[0]).toMatchObject({
        status: 'completed',
        parts: [
          { type: 'text', text: 'One ' },
          { type: 'dynamic-tool', toolName: 'find_order', state: 'output-available', input: {}, output: null },
          { type: 'text', text: 'two' },
        ],
      })
    })
  })

  describe('a tool that asks', () => {
    it('lets its turn wait, and shows what it would be given', async () => {
      const { me, parts, turn, ids } = await waiting(asking)
      expect(typesOf(parts).slice(-4)).toEqual([
        'tool-input-available',
        'tool-approval-request',
        'data-waiting',
        'finish',
      ])
      const { data } = parts.at(-2)!.part as Part<'data-waiting'>
      expect(data.calls).toEqual([{ id: ids[0], kind: 'server', status: 'pending', expiresAt: expect.any(String) }])
      expect(await messagesIn(me, turn.threadId)).toMatchObject({
        activeTurnId: turn.turnId,
        waiting: data,
        items: [
          { status: 'waiting', parts: [{}, { state: 'approval-requested', input: { order: 17 } }] },
          { content: 'Please' },
        ],
      })
    })

    it('runs once it is approved, and the turn goes on from its beginning', async () => {
      const { answer, decide, follow, turn } = await waiting(asking)
      answer.say(', so good').end()
      expect(await read(await decide(0, true))).toMatchObject([202, { turnId: turn.turnId, waiting: null }])
      const parts = await follow()
      expect(textOf(parts)).toBe('So far, so good')
      expect(typesOf(parts)).toEqual(expect.arrayContaining(['tool-approval-response', 'tool-output-available']))
      expect(new Set(parts.map(({ seq }) => seq)).size).toBe(parts.length)
    })

    it('does not run where it is denied, and each call of a step is answered by itself', async () => {
      const { answer, decide, follow, me, turn } = await waiting(asking, asking)
      answer.end()
      expect(await read(await decide(0, false, { reason: 'No.' }))).toMatchObject([
        202,
        { state: 'waiting', waiting: { calls: [{ status: 'denied' }, { status: 'pending' }] } },
      ])
      await decide(1, true)
      await follow()
      const { items } = await messagesIn(me, turn.threadId)
      expect(items[0]!.parts.slice(1)).toMatchObject([{ state: 'output-denied' }, { state: 'output-available' }])
      const log = (await (await me.rpc('list_events', { thread_id: turn.threadId, after: 0 })).json()) as EventPage
      expect(log.items.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['turn_began', 'turn_waiting', 'turn_resumed', 'turn_ended']),
      )
    })

    it('is decided once: the same again is fine, another decision is not', async () => {
      const { decide } = await waiting(asking, asking)
      await decide(0, true)
      expect((await decide(0, true)).status).toBe(202)
      expect(await codeOf(await decide(0, false))).toBe('execution_decided')
    })

    it('is decided for what was shown, by the visitor whose it is, in a right body', async () => {
      const { decide, ids, post } = await waiting(asking)
      expect(await codeOf(await decide(0, true, { argumentsDigest: 'another' }))).toBe('execution_not_found')
      expect(await codeOf(await decide(0, true, { approved: 'yes' }))).toBe('invalid_body')
      expect(await codeOf(await post(`calls/${crypto.randomUUID()}/decision`, {}))).toBe('execution_not_found')
      const stranger = callerOf(project())
      await ask(project(), stranger)
      const body = { approved: true, argumentsDigest: 'x' }
      expect(await codeOf(await stranger.chat('POST', `calls/${ids[0]}/decision`, body))).toBe('execution_not_found')
    })

    it('is over when the visitor writes something else, or stops', async () => {
      for (const how of ['message', 'stop'] as const) {
        const { me, turn, decide, post } = await waiting(asking)
        if (how === 'stop') await post(`turns/${turn.turnId}/stop`)
        else await ask(project(), me, 'Never mind', turn.threadId)
        const { items } = await messagesIn(me, turn.threadId)
        expect(items.find(({ id }) => id === turn.messageId)).toMatchObject({
          status: 'stopped',
          parts: [{}, { state: 'output-error', errorText: how === 'stop' ? 'stopped' : 'cancelled' }],
        })
        expect(await codeOf(await decide(0, true))).toBe('execution_decided')
      }
    })
  })

  describe('a tool of the page’s', () => {
    it('is claimed by one tab, which gives its result', async () => {
      const { answer, ids, post, follow, turn } = await waiting(page)
      answer.say('!').end()
      const claim = await post(`calls/${ids[0]}/claim`, { tab: 'one' })
      expect(await claim.json()).toEqual({ arguments: { sku: 'a1' }, expiresAt: expect.any(String) })
      expect((await post(`calls/${ids[0]}/claim`, { tab: 'one' })).status).toBe(200)
      expect(await codeOf(await post(`calls/${ids[0]}/claim`, { tab: 'two' }))).toBe('execution_decided')
      expect(await codeOf(await post(`calls/${ids[0]}/result`, { tab: 'two', output: 1 }))).toBe('execution_decided')
      expect(await codeOf(await post(`calls/${ids[0]}/result`, { tab: 'one' }))).toBe('invalid_body')
      expect(await read(await post(`calls/${ids[0]}/result`, { tab: 'one', output: { left: 3 } }))).toMatchObject([
        202,
        { turnId: turn.turnId, waiting: null },
      ])
      expect(textOf(await follow())).toBe('So far!')
    })

    it('may fail, and the answer goes on', async () => {
      const { answer, ids, post, follow, me, turn } = await waiting(page)
      answer.end()
      await post(`calls/${ids[0]}/claim`, { tab: 'one' })
      await post(`calls/${ids[0]}/result`, { tab: 'one', error: 'Sold out.' })
      await follow()
      const { items } = await messagesIn(me, turn.threadId)
      expect(items[0]!.parts.at(-1)).toMatchObject({ state: 'output-error', errorText: 'tool_failed' })
    })

    it('is not continued before its time', async () => {
      const { post, turn } = await waiting(page)
      expect(await read(await post(`turns/${turn.turnId}/continue`))).toMatchObject([202, { state: 'waiting' }])
    })
  })

  describe('a client', () => {
    it('approves, runs what the page has registered, and shows how the answer goes on', async () => {
      const client = clientOf(project())
      const given: unknown[] = []
      client.registerTool('add_to_cart', (args) => void given.push(args))
      project().stream().say('So far').call(asking, page).say(', so good').end()
      const thread = client.threads.create()
      await thread.send('Please').done
      const { turn } = thread.getSnapshot()
      await thread.approve(turn.status === 'waiting' ? turn.calls[0]!.id : '')
      await expect.poll(() => thread.getSnapshot().messages.at(-1)!.status).toBe('completed')
      expect(given).toEqual([{ sku: 'a1' }])
      expect(thread.getSnapshot().messages.at(-1)).toMatchObject({
        content: 'So far, so good',
        parts: [{}, { state: 'output-available' }, { state: 'output-available' }, {}],
      })
    })
  })
}
