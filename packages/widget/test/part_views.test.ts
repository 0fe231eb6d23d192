import type { Message, MessagePart } from '@loacl/core'
import { PARTS } from '@loacl/wire'
import { expect, test } from 'vitest'
import { partViews } from '../src/features/parts/part_views.ts'
import { runAt } from '../src/features/parts/run.ts'
import { isLazy } from '../src/panel/parts/part_view.tsx'
import { message } from './scripted_client.ts'

/** The kinds of parts that wire folds into a message: those with a start, deltas and an end by their first name, calls by theirs. */
const KINDS = [
  ...new Set(
    Object.entries(PARTS)
      .filter(([, [, fold]]) => fold)
      .map(([type]) => type.replace(/-(start|delta|end)$/, '').replace(/^tool-.+/, 'dynamic-tool')),
  ),
]

test('every kind of part that a message can have has one view, and every view has a kind', () => {
  expect(KINDS.length).toBeGreaterThan(3)
  const later = KINDS.filter((type) => isLazy({ type } as MessagePart))
  // A file comes with a visitor's message, which is never streamed.
  later.push('file')
  // A text has one more, once marks may stand in it.
  expect(Object.keys(partViews).toSorted()).toEqual([...later, 'text'].toSorted())
  expect(KINDS.filter((type) => !later.includes(type))).toEqual(['text'])
})

const isText = (part: MessagePart): part is Extract<MessagePart, { type: 'text' }> => part.type === 'text'

test('parts of one kind that follow one another are taken together, at the first of them', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => ({ type: 'text', text }) as const)
  const answer: Message = message({ parts: [a!, b!, { type: 'reasoning', text: 'Hm' }, c!] })
  expect([0, 1, 3].map((place) => runAt(answer, place, isText))).toEqual([[a, b], null, [c]])
})
