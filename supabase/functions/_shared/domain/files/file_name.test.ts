import { expect, it } from 'vitest'
import { cleanFileName } from './file_name.ts'

it.each([
  ['a.png', 'a.png'],
  ['C:\\Users\\ada\\me.png', 'me.png'],
  ['../../etc/passwd', 'passwd'],
  ['/a/b/', 'file'],
  ['', 'file'],
  ['...', 'file'],
  ['\u200D\u3000', 'file'],
  ['a\0b\r\nc.txt', 'abc.txt'],
  ['report\u202Egnp.exe', 'reportgnp.exe'],
  ['\u2067عقد\u2069.pdf', 'عقد.pdf'],
  ['می\u200Cخواهم.txt', 'می\u200Cخواهم.txt'],
  ['👨\u200D👩\u200D👧.png', '👨\u200D👩\u200D👧.png'],
  ['  a   b .png ', 'a b .png'],
  ['e\u0301.txt', 'é.txt'],
  ['\uD83D.png', '\uFFFD.png'],
])('keeps %j as %j', (name, kept) => {
  expect(cleanFileName(name)).toBe(kept)
})

it('keeps 255 characters, among them the ending', () => {
  const name = cleanFileName(`${'👋'.repeat(5_000)}.png`)
  expect([[...name].length, name.endsWith('👋.png')]).toEqual([255, true])
  expect([...cleanFileName('x'.repeat(5_000))]).toHaveLength(255)
  expect([...cleanFileName(`a.${'x'.repeat(5_000)}`)]).toHaveLength(255)
})
