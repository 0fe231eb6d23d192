import { describe, expect, it } from 'vitest'
import { BLANK_TEXTS } from '../../../../packages/wire/test/blank_texts.ts'
import { parseFollowUps, toFollowUpsCall, wantsFollowUps } from './follow_ups.ts'
import type { ModelCall } from './model.ts'
import type { OpenTurn } from './store.ts'

const turn = (isFirstTurn: boolean, followUps: boolean) =>
  ({ isFirstTurn, assistant: { id: 'a', followUps } }) as unknown as OpenTurn
const parse = (value: unknown, of = turn(true, true)) =>
  parseFollowUps(typeof value === 'string' ? value : JSON.stringify(value), of)

describe('what the model wrote', () => {
  it('is taken as it is where it is good', () => {
    expect(parse({ title: 'Lamps', followUps: ['Which?', 'How much?'] })).toEqual({
      title: 'Lamps',
      suggestions: ['Which?', 'How much?'],
    })
  })

  it('is cut to three short, different lines', () => {
    const followUps = [' a\n b\u0000 ', 'a b', '', '   ', 'x'.repeat(81), 7, null, '👋'.repeat(80), 'c', 'd', 'e']
    expect(parse({ title: 'x'.repeat(81), followUps })).toEqual({
      title: null,
      suggestions: ['a b', '👋'.repeat(80), 'c'],
    })
  })

  it.each(Object.values(BLANK_TEXTS))('brings nothing where it shows nothing: %j', (text) => {
    expect(parse({ title: text, followUps: [text, 'Why?'] })).toEqual({ title: null, suggestions: ['Why?'] })
  })

  it.each(['', 'Sure! Here is JSON', 'null', '[]', '7', '{"title":7,"followUps":"none"}'])(
    'brings nothing where it is %j',
    (text) => {
      expect(parse(text)).toEqual({ title: null, suggestions: [] })
    },
  )

  it('brings only what was asked for', () => {
    const both = { title: 'Lamps', followUps: ['Which?'] }
    expect(parse(both, turn(false, true))).toEqual({ title: null, suggestions: ['Which?'] })
    expect(parse(both, turn(true, false))).toEqual({ title: 'Lamps', suggestions: [] })
  })
})

it('is asked for where something is wanted', () => {
  expect([turn(true, true), turn(true, false), turn(false, true), turn(false, false)].map(wantsFollowUps)).toEqual([
    true,
    true,
    true,
    false,
  ])
})

it('is asked for with the end of the conversation, and not with all of a long one', () => {
  const input = Array.from(
    { length: 9 },
    (_, index) => ({ type: 'text', role: index % 2 ? 'assistant' : 'user', text: `${index}` }) as const,
  )
  const call = {
    input,
    temperature: 1,
    instructions: 'Be kind.',
    maxOutputTokens: 9_000,
    showsReasoning: true,
  } as unknown as ModelCall
  const asked = toFollowUpsCall(call, turn(false, true), 'y'.repeat(10_000))
  const texts = asked.input.map((item) => (item.type === 'text' ? item.text : item.type))
  expect(texts.map((text) => text.slice(0, 1))).toEqual(['6', '7', '8', 'y'])
  expect(texts.at(-1)).toHaveLength(4_000)
  expect(asked).toMatchObject({ temperature: null, maxOutputTokens: 1_000, showsReasoning: false })
  expect(asked.instructions).not.toContain('Be kind.')
})

const said = (text: string, isContext?: true) => ({ type: 'text', role: 'user', text, ...(isContext && { isContext }) })

it('the call is shown what was said, and not what the page said', () => {
  const input = [said('1'), said('2'), said('<page_context>', true), said('3')]
  const call = { input, instructions: '', model: 'm', configId: 'c' } as unknown as ModelCall
  const asked = toFollowUpsCall(call, turn(true, true), 'Answer')
  expect(asked.input.map((item) => (item.type === 'text' ? item.text : item.type))).toEqual(['1', '2', '3', 'Answer'])
})
