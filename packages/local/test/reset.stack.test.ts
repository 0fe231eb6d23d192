import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PortBusyError } from '../src/index.ts'
import { makeDataDir, open, query, start, takePort } from './own_stack.ts'

describe('startStack', { timeout: 60_000 }, () => {
  describe('told to begin anew', () => {
    it('leaves other files in its folder alone', async () => {
      const dataDir = makeDataDir()
      await (await start({ dataDir })).stop()
      writeFileSync(join(dataDir, 'notes.txt'), 'mine')
      await start({ dataDir, reset: true })
      expect(readFileSync(join(dataDir, 'notes.txt'), 'utf8')).toBe('mine')
    })

    it.each([
      ['files', 'notes.txt', 'mine'],
      ['keys of another kind', 'keys.json', '{"mine": true}'],
      ['a database', join('postgres', 'PG_VERSION'), '17'],
    ])('refuses a folder that has %s and was not made by LOACL', async (_what, name, text) => {
      const dataDir = makeDataDir()
      mkdirSync(join(dataDir, 'postgres'))
      writeFileSync(join(dataDir, name), text)
      await expect(start({ dataDir, reset: true })).rejects.toThrow('was not made by LOACL; nothing was removed')
      await expect(start({ dataDir })).rejects.toThrow('was not made by LOACL')
      expect(readFileSync(join(dataDir, name), 'utf8')).toBe(text)
      expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    })

    it('refuses while a stack runs on that data, which goes on', async () => {
      const dataDir = makeDataDir()
      const stack = await start({ dataDir })
      await query(stack.dbUrl, 'create table public.kept ()')
      await expect(start({ dataDir, reset: true })).rejects.toThrow('LOACL already runs with this data')
      expect(await query(stack.dbUrl, 'select from public.kept')).toEqual([])
      expect((await open(stack)).status).toBe(200)
      expect(existsSync(join(dataDir, 'keys.json'))).toBe(true)
    })

    it('removes nothing where a port that was asked for is taken', async () => {
      const dataDir = makeDataDir()
      const first = await start({ dataDir })
      await first.stop()
      const port = await takePort()
      await expect(start({ dataDir, reset: true, ports: { api: port } })).rejects.toThrow(PortBusyError)
      await expect(start({ dataDir, reset: true, ports: { db: port } })).rejects.toThrow(PortBusyError)
      expect((await start({ dataDir })).publishableKey).toBe(first.publishableKey)
    })
  })
})
