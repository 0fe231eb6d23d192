import type { MessagePart, SourcePart, StreamPart } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { cite, completed, textDelta } from '../test/scripted_model.ts'
import { foldAll } from './message_parts.ts'
import type { ModelCitation, ModelEvent } from './model.ts'
import { OutputMeter } from './output_limits.ts'
import { createStepReader } from './step_reader.ts'

const PAGE = { url: 'https://a.test/' }

/** What the events make of a message. */
function read(events: readonly ModelEvent[], before: readonly MessagePart[] = []) {
  const reader = createStepReader({ eventBytes: 1_000_000 }, before)
  const stream: StreamPart[] = [...events, completed].flatMap((event) => reader.read(event))
  const { parts, content } = foldAll(stream)
  return { stream, parts, content, sources: parts.filter((part): part is SourcePart => 'sourceId' in part) }
}

/** The words that a message's citations stand for, by the unit that is promised. */
const words = ({ sources, content }: Pick<ReturnType<typeof read>, 'sources' | 'content'>) =>
  sources.flatMap(({ citations = [] }) =>
    citations.map(({ start, end }) => (start === undefined ? null : [...content].slice(start, end).join(''))),
  )

/** Where these words stand in a text, as a provider of that unit counts. */
function at(text: string, found: string, unit: ModelCitation['unit']): Pick<ModelCitation, 'start' | 'end' | 'unit'> {
  const count = (before: string): number => {
    if (unit === 'utf-16') return before.length
    return unit === 'utf-8' ? new TextEncoder().encode(before).length : [...before].length
  }
  const start = text.indexOf(found)
  return { start: count(text.slice(0, start)), end: count(text.slice(0, start + found.length)), unit }
}

const UNITS = ['code-point', 'utf-16', 'utf-8'] as const

describe.each(UNITS)('places that a provider counts in units of %s', (unit) => {
  it.each([
    ['emoji', '👩‍👩‍👧‍👦 sail 🇳🇴 with ropes 🧵. And 👍🏽.', 'ropes 🧵'],
    ['combining marks', 'Ze\u0301ro, क्षि, and नमस्ते are here: e\u0301t\u0301.', 'नमस्ते'],
    ['Chinese of two planes', '港口𠮷很深。𠀀錨重。', '𠀀錨'],
    ['text that no database takes', 'a\0b\0 ropes\0 and \0more', 'ropes\0 and'],
  ])('are found after %s, however the text is cut', (_, text, found) => {
    for (const length of [1, 2, 3, 100]) {
      const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'g'))!
      const result = read([...pieces.map((piece) => textDelta(piece)), cite(PAGE, at(text, found, unit))])
      expect(words(result)).toEqual([found.replaceAll('\0', '')])
    }
  })

  it('are found in one text of several, also where another came in between', () => {
    const [first, second] = ['Anchors 🪝 hold. And rope.', 'It is 🧵 long.']
    const result = read([
      textDelta(first.slice(0, 17), 'a'),
      textDelta(second, 'b'),
      textDelta(first.slice(17), 'a'),
      cite(PAGE, { key: 'b', ...at(second, '🧵 long', unit) }),
      cite(PAGE, { key: 'a', ...at(first, '🪝 hold', unit) }),
      cite(PAGE, { key: 'a', ...at(first, 'rope', unit) }),
    ])
    expect(words(result)).toEqual(['🧵 long', '🪝 hold', 'rope'])
    expect(result.content).toBe('Anchors 🪝 hold. It is 🧵 long.And rope.')
  })
})

it('counts on after what earlier steps have said, and names their sources no second time', () => {
  const before: MessagePart[] = [
    { type: 'text', text: 'Earlier 👋. ' },
    { type: 'source-url', sourceId: 'source-1', url: 'https://a.test/', citations: [{ start: 0, end: 7 }] },
  ]
  const reader = createStepReader({ eventBytes: 1_000 }, before)
  const stream = [textDelta('Now.'), cite(PAGE, { start: 0, end: 3 }), cite({ url: 'https://b.test/' })]
  expect(stream.flatMap((event) => reader.read(event)).filter((part) => 'sourceId' in part)).toEqual([
    {
      ...before[1],
      citations: [
        { start: 0, end: 7 },
        { start: 11, end: 14 },
      ],
    },
    { type: 'source-url', sourceId: 'source-2', url: 'https://b.test/' },
  ])
})

it('is told with its source, and the source again with each further one', () => {
  const { stream } = read([
    textDelta('One. '),
    cite(PAGE, { start: 0, end: 4 }),
    cite(PAGE, { start: 0, end: 4 }),
    textDelta('Two.'),
    cite(PAGE, { start: 5, end: 9, quote: 'Both.' }),
  ])
  const source = { type: 'source-url', sourceId: 'source-1', url: 'https://a.test/' }
  expect(stream.filter((part) => 'sourceId' in part)).toEqual([
    { ...source, citations: [{ start: 0, end: 4 }] },
    {
      ...source,
      citations: [
        { start: 0, end: 4 },
        { start: 5, end: 9, quote: 'Both.' },
      ],
    },
  ])
})

it('waits for the words that it is for; the source is there at once', () => {
  const { stream } = read([cite(PAGE, { start: 0, end: 4 }), textDelta('On'), textDelta('e. Two.')])
  expect(stream.map(({ type }) => type)).toEqual([
    'source-url',
    'text-start',
    'text-delta',
    'text-delta',
    'source-url',
    'text-end',
  ])
  expect(stream[4]).toMatchObject({ citations: [{ start: 0, end: 4 }] })
})

it.each([
  [0, 99],
  [-1, 2],
  [3, 2],
  [Number.NaN, 2],
  [0, Number.POSITIVE_INFINITY],
  [0.5, 2],
  ['0', '2'],
  [0, null],
  [{}, []],
])('has no place where the provider names one that is none: %j to %j', (start, end) => {
  const result = read([
    textDelta('Words.'),
    cite(PAGE, { start, end }),
    cite({ name: 'b' }, { start, end, quote: 'Q' }),
  ])
  expect(result.sources).toEqual([
    { type: 'source-url', sourceId: 'source-1', url: 'https://a.test/' },
    expect.objectContaining({ title: 'b', citations: [{ quote: 'Q' }] }),
  ])
})

it('is kept up to a number, and the answer goes on', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => [
    textDelta('word '),
    cite({ url: `https://a.test/${n % 20}` }, { start: n * 5, end: n * 5 + 4, quote: 'q'.repeat(10_000) }),
  ]).flat()
  const { sources, content, stream } = read([...many, textDelta('The end.')])
  expect(sources.flatMap(({ citations }) => citations ?? [])).toHaveLength(200)
  expect(content).toMatch(/The end\.$/)
  expect(JSON.stringify(stream.filter((part) => 'sourceId' in part)).length).toBeLessThan(1_000_000)
  const one = read(Array.from({ length: 100 }, (_, n) => cite(PAGE, { quote: `${n}` })))
  expect(one.sources[0]!.citations).toHaveLength(40)
  // Told again, it is no further part of the answer, and no more of it.
  const meter = new OutputMeter({ characters: 5_000 })
  expect([...meter.pass(one.stream)]).toHaveLength(40)
})

const titled = (title: string): ModelCitation => cite(PAGE, { source: { type: 'page', url: PAGE.url, title } })
const titleOf = (title: string) => (read([titled(title)]).sources[0] as { title?: string }).title

describe('a source', () => {
  it.each([
    ['javascript:alert(1)'],
    ['data:text/html,<script>'],
    ['//a.test'],
    ['https://'],
    [''],
    [`https://a.test/${'a'.repeat(5_000)}`],
  ])('is none with the address %s', (url) => {
    expect(read([cite({ url }, { quote: 'Q' })]).parts).toEqual([])
  })

  it('has an address without blanks, controls of direction and capitals in its host', () => {
    const [source] = read([cite({ url: ' HTTPS://A.test/\u202e\u2066x y\0z ' })]).sources
    expect(source).toMatchObject({ url: 'https://a.test/%E2%80%AE%E2%81%A6x%20yz' })
  })

  it('has a name of one line that ends, and turns nobody’s direction', () => {
    expect(titleOf('\u202eevil\u2069\n\n<b>\u0007')).toBe('evil <b>')
    expect(titleOf('می‌خواهم 👩‍👧')).toBe('می‌خواهم 👩‍👧')
    expect([...titleOf('🙂'.repeat(10_000))!]).toHaveLength(200)
    expect(titleOf('\u202e \n')).toBeUndefined()
  })
})
