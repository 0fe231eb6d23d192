import { expect, test } from 'vitest'
import { createFurther, further, lacking } from '../../src/markdown/further.ts'
import { addFeatures } from './add_features.ts'
import { examples } from './examples.ts'
import { readWhole } from './read.ts'

/** Whether features read it otherwise, and which of them it lacks before they have come. */
function compare(source: string) {
  Object.assign(further, { renderTable: undefined }, createFurther())
  lacking.clear()
  const blocks = JSON.stringify(readWhole(source))
  const lacks = [...lacking]
  addFeatures()
  return { differs: JSON.stringify(readWhole(source)) !== blocks, lacks }
}

test.each([
  'www.a.org',
  'WWW.A.org',
  'see HTTPS://a.org',
  '(see https://a.org)',
  '**https://a.org**',
  '"https://a.org"',
  '> - https://a.org',
  '[x](y) and http://a.org',
  '[https://a.org](y',
  'mail a.b@c.org',
  '<https://a.org b>',
  '[a](https://a.org b)',
  '[a]\n\n[a]: b',
  '[a]: b\n===',
])('%j lacks what reads its links', (source) => {
  expect(compare(source)).toEqual({ differs: true, lacks: ['links'] })
})

test('a table lacks what shows it, and what reads its links', () => {
  expect(compare('| a |\n|---|\n| b |').lacks).toEqual(['tables'])
  expect(compare('| a |\n|---|\n| https://a.org |')).toEqual({ differs: true, lacks: ['tables', 'links'] })
})

test('every example that features read otherwise lacks one', () => {
  const all = examples.map(({ markdown }) => ({ markdown, ...compare(markdown) }))
  expect(all.filter(({ differs, lacks }) => differs && !lacks.some((name) => name !== 'tables'))).toEqual([])
  expect(all.filter(({ differs }) => differs).length).toBeGreaterThan(50)
})

test.each(['[a](https://b.org) ![c](http://www.d.org)', '<https://a.org>', '[note] a: b', '- [ ] a', '`a@b.org`'])(
  '%j lacks nothing',
  (source) => {
    expect(compare(source)).toEqual({ differs: false, lacks: [] })
  },
)
