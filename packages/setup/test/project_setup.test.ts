import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { parseBaseUrl } from '../src/base_url.ts'
import { setUpProject } from '../src/index.ts'

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
