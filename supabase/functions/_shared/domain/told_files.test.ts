import { expect, it } from 'vitest'
import { tellHistory } from './told_history.ts'

const file = { name: 'a.png', mediaType: 'image/png', size: 3 }

it('a message’s files stand before its text, and one without room is told by its name', () => {
  const { input } = tellHistory('', [
    {
      role: 'user',
      content: 'One',
      files: [
        { ...file, path: null },
        { ...file, name: 'b.png', path: 'p' },
      ],
    },
    { role: 'assistant', content: 'Yes.' },
    { role: 'user', content: '', files: [{ ...file, path: 'q' }] },
    { role: 'user', content: '', files: [{ ...file, path: null }] },
  ])
  expect(input).toEqual([
    { type: 'stored-file', ...file, name: 'b.png', path: 'p' },
    { type: 'text', role: 'user', text: '[Files that are not shown here: a.png]\nOne' },
    { type: 'text', role: 'assistant', text: 'Yes.' },
    { type: 'stored-file', ...file, path: 'q' },
    { type: 'text', role: 'user', text: '[Files that are not shown here: a.png]\n' },
  ])
})
