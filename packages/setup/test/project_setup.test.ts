import { createKeyRing } from '@loacl/sealing'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseBaseUrl } from '../src/base_url.ts'
import { setUpProject } from '../src/index.ts'

const CLI = join(import.meta.dirname, '..', 'src', 'cli.ts')

/** What PostgreSQL says to a wrong password. */
const REFUSAL = Buffer.from('SFATAL\0C28P01\0Mwrong password\0\0')

/** The first eight bytes that a database at this address gets. It says yes to encryption, and then has no certificate. */
async function firstBytes(place: string, refusal: string): Promise<string> {
  let first = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      first ||= data.subarray(0, 8).toString('hex')
      if (data.length === 8) return void socket.write('S')
      const length = Buffer.alloc(4)
      length.writeInt32BE(REFUSAL.length + 4)
      socket.end(Buffer.concat([Buffer.from('E'), length, REFUSAL]))
    })
  }).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const dbUrl = `postgresql://postgres:secret@${place.replace('PORT', String(port))}`
  const settings = { ownerEmail: 'owner@shop.example', assistant: { name: 'Lumi' } }
  await expect(setUpProject(dbUrl, '{}', settings)).rejects.toThrow(refusal)
  server.close()
  return first
}

// 0.0.0.0 leads here and is no loopback address by name.
const SSL_REQUEST = '0000000804d2162f'

describe('the way to the database', () => {
  it('is encrypted', async () => {
    expect(await firstBytes('0.0.0.0:PORT/postgres', 'SSL')).toBe(SSL_REQUEST)
  })

  it.each(['127.0.0.1:PORT/postgres', '0.0.0.0:PORT/postgres?sslmode=disable'])(
    'is not where it leads to this machine, or the address says so: %s',
    async (place) => {
      expect(await firstBytes(place, 'wrong password')).not.toBe(SSL_REQUEST)
    },
  )
})

describe('npm run setup -- --generate-keys', () => {
  const generate = (...args: string[]) =>
    promisify(execFile)(process.execPath, [CLI, '--generate-keys', ...args], {
      env: { ...process.env, INIT_CWD: folder },
    })
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'loacl-ring-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('writes a ring for its owner alone to read, and never over another', async () => {
    const { stdout } = await generate('ring.json')
    const file = join(folder, 'ring.json')
    const ring = readFileSync(file, 'utf8')
    createKeyRing(ring)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(stdout).not.toContain(Object.values((JSON.parse(ring) as { keys: object }).keys)[0])
    await expect(generate('ring.json')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${file} is there already, and stays as it is`),
    })
    expect(readFileSync(file, 'utf8')).toBe(ring)
    await generate('other.json')
    await expect(generate(join('missing', 'ring.json'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT: no such file or directory'),
    })
  })

  it('asks for the file’s name', async () => {
    await expect(generate()).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Option '--generate-keys <value>' argument missing$/m),
    })
  })
})

describe('a provider’s address', () => {
  it('is kept without slashes at its end', () => {
    expect(parseBaseUrl('https://Provider.example/v1//')).toBe('https://provider.example/v1')
  })

  it.each([
    'http://provider.example/v1',
    'https://10.0.0.7/v1',
    'https://localhost/v1',
    'https://me:key@provider.example',
  ])('that functions would not call is refused: %s', (address) =>
    expect(() => parseBaseUrl(address)).toThrow('--base-url must be'),
  )

  it('may be private where the project lists it', () => {
    expect(parseBaseUrl('http://ollama:11434/v1', 'other, ollama:11434')).toBe('http://ollama:11434/v1')
  })
})
