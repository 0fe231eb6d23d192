import { expect, it } from 'vitest'
import { toCitations } from './annotations.ts'

const read = (annotation: unknown) => toCitations(annotation, 'msg_1:0')
const place = { type: 'citation', key: 'msg_1:0', unit: 'code-point' }

it('reads a page, as the Responses API and as Chat Completions cite it', () => {
  const page = { url: 'https://a.test/', title: 'A', start_index: 3, end_index: 7 }
  const expected = {
    ...place,
    source: { type: 'page', url: 'https://a.test/', title: 'A' },
    start: 3,
    end: 7,
    quote: null,
  }
  expect(read({ type: 'url_citation', ...page })).toEqual([expected])
  expect(read({ type: 'url_citation', url_citation: page })).toEqual([expected])
  // OpenRouter's.
  expect(read({ type: 'url_citation', url_citation: { ...page, content: 'The passage.' } })).toEqual([
    { ...expected, quote: 'The passage.' },
  ])
})

it('reads a file, whose index is the place where its citation is to stand', () => {
  const file = { file_id: 'file-1', filename: 'prices.pdf' }
  const source = { type: 'file', fileId: 'file-1', name: 'prices.pdf' }
  expect(read({ type: 'file_citation', ...file, index: 9 })).toEqual([
    { ...place, source, start: 9, end: 9, quote: null },
  ])
  expect(read({ type: 'file_citation', ...file, start_index: 2, end_index: 9, quote: 'Ten.' })).toEqual([
    { ...place, source, start: 2, end: 9, quote: 'Ten.' },
  ])
  expect(read({ type: 'container_file_citation', ...file, container_id: 'c', start_index: 1, end_index: 2 })).toEqual([
    { ...place, source: { ...source, type: 'container-file' }, start: 1, end: 2, quote: null },
  ])
})

it('reads what has no place and no words as that, and passes over the rest', () => {
  expect(read({ type: 'url_citation', url: 7, title: null })).toEqual([
    { ...place, source: { type: 'page', url: '', title: null }, start: null, end: null, quote: null },
  ])
  for (const other of [null, 7, 'x', [], {}, { type: 'file_path', file_id: 'f' }, { type: '__proto__' }])
    expect(read(other)).toEqual([])
})
