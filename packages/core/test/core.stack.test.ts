import { createClient as createSupabase } from '@supabase/supabase-js'
import { describe, expect, it } from 'vitest'
import { workerStack } from '../../local/test/worker_stack.ts'
import { createClient, type TurnEvent } from '../src/index.ts'
import { messagesOf } from './support/watch.ts'

const { apiUrl, publishableKey, assistantId } = workerStack()

// What any project does is in the contract: packages/core/test/contract.
describe('against a real project', () => {
  it('restores a connection that broke in the middle', async () => {
    let breaks = 1
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (breaks === 0 || !String(input).endsWith('/loacl-chat/turns') || !response.body) return response
      breaks--
      // However many words come at once on a busy machine.
      let left = 2_000
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk.subarray(0, left))
          left -= chunk.length
          if (left <= 0) controller.error(new TypeError('network error'))
        },
      })
      return new Response(response.body.pipeThrough(cut), response)
    }
    const client = createClient({
      url: apiUrl,
      key: publishableKey,
      assistant: assistantId,
      storage: 'memory',
      fetch: flaky,
    })
    const turn = client.threads.create().send('[[long]] Go on')
    const events: TurnEvent[] = []
    for await (const event of turn) events.push(event)
    expect(events.map(({ type }) => type)).toContain('reconnecting')
    const text = events.flatMap((event) => (event.type === 'text' ? [event.delta] : [])).join('')
    expect(text.length).toBeGreaterThan(10_000)
    expect(await turn.done).toMatchObject({ status: 'completed', message: { content: text } })
  })

  it('works through a supabase-js client of the host’s', async () => {
    const supabase = createSupabase(apiUrl, publishableKey, { auth: { persistSession: false } })
    const client = createClient({ supabase, assistant: assistantId, storage: 'memory' })
    const thread = client.threads.create()
    expect(await thread.send('[[echo]] Hi').text()).toBe('Hi')
    await thread.load()
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "[[echo]] Hi"', 'assistant completed "Hi"'])
    const stopped = thread.send('[[slow]] Tell me a story')
    stopped.stop()
    expect((await stopped.done).status).toMatch(/failed|stopped/)
  })
})
