import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { DataFolderError, INFO_FILE, openDataFolder } from '../src/data_folder.ts'
import { KEYS_FILE, loadKeys } from '../src/keys.ts'
import { makeDataDir } from './own_stack.ts'

let dir: string
const read = (): string => readFileSync(join(dir, KEYS_FILE), 'utf8')
const write = (name: string, text: string): void => writeFileSync(join(dir, name), text)

describe('a data folder', () => {
  beforeEach(() => {
    dir = makeDataDir()
    mkdirSync(join(dir, 'postgres'))
  })

  it.each([
    ['is no JSON, as if its end were missing', (text: string) => text.slice(0, 150)],
    ['is empty', () => ''],
    ['lacks jwtSecret, ownerPassword', (text: string) => text.replace(/"(jwtSecret|ownerPassword)"/g, '"$1Old"')],
    ['has a key ring in encryptionKeys that is malformed', (text: string) => text.replace('\\"current', '\\"currant')],
  ])('whose keys.json %s says so, and what to do', async (why, breakIt) => {
    await loadKeys(dir)
    const broken = breakIt(read())
    write(KEYS_FILE, broken)
    const message = `The file ${join(dir, KEYS_FILE)} ${why}. Nothing was changed. It has the keys of the data beside it: put a copy of it back, or begin with empty data, in another folder, by npm start -- --data-dir DIR.`
    for (const reset of [false, true])
      await expect(openDataFolder(dir, reset)).rejects.toThrow(new DataFolderError(message))
    expect(read()).toBe(broken)
  })

  it('whose keys.json is broken can be reset where a stack was up on it', async () => {
    await loadKeys(dir)
    write(KEYS_FILE, read().slice(0, 150))
    write(INFO_FILE, JSON.stringify({ apiUrl: '', assistantId: '', ownerPassword: '' }, null, 2))
    write('keys.json.part', 'half')
    write('notes.txt', 'mine')
    await expect(openDataFolder(dir, false)).rejects.toThrow('by npm start -- --reset.')
    await (await openDataFolder(dir, true)).clear()
    expect(readdirSync(dir)).toEqual(['notes.txt'])
  })
})
