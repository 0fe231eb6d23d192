import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import postgres from 'postgres'
import { expect, it } from 'vitest'
import { awaitAnswer } from '../src/await_answer.ts'

it('gives up where something listens that is no PostgreSQL', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sql = postgres({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, max: 1 })
  await expect(awaitAnswer(sql, 100)).rejects.toMatchObject({ code: 'CONNECTION_DESTROYED' })
  server.close()
})
