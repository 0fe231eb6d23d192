import { expect, test } from 'vitest'
import { addTo } from '../../src/features/entities/index.ts'
import { createMarkdown, further } from '../../src/markdown/index.ts'
import { referenceHtml } from './examples.ts'
import { readWhole, textOf } from './read.ts'

const { entities } = further

const EAGER = 'amp lt gt quot apos nbsp'

/** Of each of HTML 4's kinds: Latin letters with and without marks, Greek, punctuation, arrows, mathematics. */
const NAMES =
  'iexcl iquest szlig Aring aring Yuml Scaron ccedil Ntilde eacute OElig Alpha Omega sigmaf Sigma upsilon hellip euro ' +
  'larr hArr forall sum le sube sdot rfloor hearts lang rang frac34 times divide thorn ETH oslash Oslash bdquo rsquo'

const reference = (name: string) => referenceHtml(`x&${name};x`).slice(3, -5)

test('the names in most answers are known from the start, and others stay as they were written', () => {
  expect([...entities.keys()].join(' ')).toBe(EAGER)
  expect(textOf(readWhole('&lt;&eacute;&#233;&#xE9;&toString;'))).toBe('<&eacute;éé&toString;\n')
})

test('the feature adds the 252 of HTML 4, each for what CommonMark’s reference takes it for', () => {
  addTo(further)
  expect(entities.size).toBeGreaterThanOrEqual(252)
  expect(NAMES.split(' ').filter((name) => !entities.has(name))).toEqual([])
  const known = [...entities].filter(([name]) => !reference(name).startsWith('x&amp;') && !EAGER.includes(name))
  expect(known.length).toBeGreaterThan(246)
  expect(known.filter(([name, text]) => reference(name) !== `x${text}x`)).toEqual([])
})

test('they decode in texts, destinations, titles and the names of languages', () => {
  addTo(further)
  const text = createMarkdown()
  text.append('&eacute; [a](/&ouml; "&pi;")\n\n```&auml;\n```\n')
  text.end()
  expect(text.blocks).toEqual([
    {
      type: 'paragraph',
      children: ['é ', { type: 'link', href: '/ö', title: 'π', children: ['a'] }],
    },
    { type: 'codeblock', language: 'ä', text: '' },
  ])
})
