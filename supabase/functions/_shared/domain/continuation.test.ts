import { foldPart, type MessagePart, NO_PARTS } from '@loacl/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FOLLOW_UPS, start } from '../test/running_turn.ts'
import { answering, completed, created, ScriptedModel, type ScriptStep } from '../test/scripted_model.ts'
import { GO_ON, reopen } from './continuation.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const text = (said: string): MessagePart => ({ type: 'text', text: said })
const source: MessagePart = { type: 'source-url', sourceId: 'source-1', url: 'https://example.com' }

async function goOn(before: readonly MessagePart[], steps: readonly ScriptStep[], showReasoning = false) {
  const model = new ScriptedModel(steps, FOLLOW_UPS)
  const running = await start(model, { showReasoning }, { saidBefore: before })
  await vi.runAllTimersAsync()
  await running.done
  return { model, ...running, stored: await running.read() }
}

describe('an answer that goes on', () => {
  it('grows in its last text, without what is repeated, and its stream tells it from the beginning', async () => {
    const before = [text('First.'), text('- One\n- Tw'), source]
    const { parts, types, stored, model } = await goOn(before, answering('- Two', '\n- Three'))
    const whole = [text('First.'), text('- One\n- Two\n- Three'), source]
    expect(stored).toMatchObject({ state: 'completed', message: { parts: whole } })
    expect(parts().reduce(foldPart, NO_PARTS).parts).toEqual(whole)
    // Each text begins and ends once.
    expect(types().filter((type) => type === 'text-start')).toHaveLength(2)
    expect(types().filter((type) => type === 'text-end')).toHaveLength(2)
    expect(model.calls[0]!.input).toEqual([
      { type: 'text', role: 'user', text: 'Hello' },
      { type: 'text', role: 'assistant', text: 'First.- One\n- Tw' },
      GO_ON,
    ])
    // Those who ask what might come next read the conversation alone.
    expect(JSON.stringify(model.structuredCalls[0]!.input)).not.toContain('cut off')
  })

  it('keeps what was there where nothing comes', async () => {
    const { stored, types } = await goOn([text('Half')], [turnError('model_unavailable')])
    expect(stored).toMatchObject({ state: 'failed', message: { content: 'Half', parts: [text('Half')] } })
    expect(types().filter((type) => type === 'text-end')).toHaveLength(1)
  })

  it('keeps a repetition back until it is known to be one, and what it held at the end', async () => {
    const { stored } = await goOn([text('The quick brown fox')], answering('The quick brown'))
    expect(stored.message!.content).toBe('The quick brown foxThe quick brown')
  })

  it('goes on in the text also where the model reasons first', async () => {
    const { stored } = await goOn(
      [text('Ha')],
      [created, { type: 'reasoning-delta', key: 'r', delta: 'Hm.' }, ...answering('lf').slice(1), completed],
      true,
    )
    expect(stored.message!.content).toBe('Half')
  })

  it('begins a text where none is open', () => {
    expect(reopen([text('Hi'), { type: 'reasoning', text: 'Hm' }]).open).toEqual(null)
    expect(reopen([]).open).toBeNull()
    expect(reopen([source, text('Hi')]).open).toEqual({ id: 'text-2', text: 'Hi' })
  })
})
