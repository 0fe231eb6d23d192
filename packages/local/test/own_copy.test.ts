import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepCopy } from '../src/own_copy.ts'

const uid = process.getuid?.() ?? 0
let root: string
let from: string
let to: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loacl-own-copy-'))
  from = join(root, 'from')
  to = join(root, 'to')
  mkdirSync(join(from, 'bin'), { recursive: true })
  mkdirSync(join(from, 'lib'))
  writeFileSync(join(from, 'bin', 'initdb'), 'a program')
  chmodSync(join(from, 'bin', 'initdb'), 0o755)
  writeFileSync(join(from, 'lib', 'libpq.so.5.17'), 'a library')
  symlinkSync('libpq.so.5.17', join(from, 'lib', 'libpq.so.5'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

/** What stands at `to`, and beside it. */
const read = () => ({
  initdb: readFileSync(join(to, 'bin', 'initdb'), 'utf8'),
  libpq: readFileSync(join(to, 'lib', 'libpq.so.5'), 'utf8'),
  modes: [to, join(to, 'bin', 'initdb')].map((path) => statSync(path).mode & 0o777),
  folders: readdirSync(root).toSorted(),
})
const WHOLE = { initdb: 'a program', libpq: 'a library', modes: [0o755, 0o755], folders: ['from', 'to'] }

describe('a copy of the programs', () => {
  it('is whole, made once, and made by one of several who ask at the same time', async () => {
    await Promise.all([keepCopy(from, to, uid), keepCopy(from, to, uid), keepCopy(from, to, uid)])
    expect(read()).toEqual(WHOLE)
    const made = statSync(to).ino
    await keepCopy(from, to, uid)
    expect(statSync(to).ino).toBe(made)
  })

  it('that ends in the middle leaves nothing there', async () => {
    await expect(keepCopy(join(root, 'nowhere'), to, uid)).rejects.toThrow('ENOENT')
    expect(readdirSync(root)).toEqual(['from'])
  })

  it.each([
    ['half of it', () => rmSync(join(to, 'bin'), { recursive: true })],
    ['a file cut short', () => writeFileSync(join(to, 'lib', 'libpq.so.5.17'), 'a lib')],
  ])('of which there is only %s is made anew', async (_, spoil) => {
    await keepCopy(from, to, uid)
    spoil()
    await keepCopy(from, to, uid)
    expect(read()).toEqual(WHOLE)
  })

  it.each<[string, number, () => void]>([
    ['was made by somebody else', uid + 1, () => {}],
    ['may be written by others', uid, () => chmodSync(to, 0o777)],
  ])('is not used where it %s', async (_, user, change) => {
    await keepCopy(from, to, uid)
    change()
    await expect(keepCopy(from, to, user)).rejects.toThrow(`Somebody else may write to ${to}`)
    expect(existsSync(join(to, 'bin', 'initdb'))).toBe(true)
  })

  it('is not made through a link that somebody else laid', async () => {
    symlinkSync(from, to)
    await expect(keepCopy(from, to, uid)).rejects.toThrow('Somebody else may write')
  })
})
