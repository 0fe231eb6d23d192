// What docs/tools.md tells owners to send, sent.
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { callAdmin } from '../../functions/loacl-admin/test/stack_calls.ts'
import { createWorld } from '../support/world.ts'

const stack = workerStack()
const world = createWorld(stack)
afterAll(() => world.close())

const page = readFileSync(new URL('../../../docs/tools.md', import.meta.url), 'utf8')
const read = (line: RegExp) =>
  [...page.matchAll(line)].map(([, method = '', path = '', body]) => ({ method, path, body }))
const parse = (body: string | undefined) => (body === undefined ? undefined : (JSON.parse(body) as object))

it('every call of the function that is in docs/tools.md is taken', async () => {
  const calls = read(/^admin (\w+) (\S+)(?: -d '([^']*)')?(?: +#.*)?$/gm)
  expect(calls.length).toBeGreaterThan(6)
  const { id, owner } = await world.createAssistant()
  // Nobody answers as an MCP server there.
  const [server] = await world.sql<{ id: string }[]>`
    insert into loacl.mcp_servers (assistant_id, name, endpoint) values (${id}, 'parts', ${stack.modelUrl}) returning id`
  const answers: unknown[] = []
  for (const { method, path, body } of calls) {
    const filled = path.replace('$ID', id).replace('$SERVER_ID', server!.id)
    const answer = await callAdmin(stack, owner.jwt, method, filled, parse(body?.replace('…', 'mcp-token-0123456789')))
    expect([method, path, answer.status]).toEqual([method, path, method === 'DELETE' ? 204 : 200])
    answers.push(answer.body)
  }
  // What the page says that each answers with, by the names of its members.
  const shown = [...page.matchAll(/^# (\{.*?\})(?: .*)?$/gm)].map(([, json = '']) =>
    Object.keys(JSON.parse(json) as object),
  )
  const given = answers.filter((body) => body !== null && !('code' in (body as object)))
  expect(given.map((body) => Object.keys(body as object).toSorted())).toEqual(
    shown.filter((names) => !names.includes('new')).map((names) => names.toSorted()),
  )
})

it('every call of the Data API that is in docs/tools.md is taken', async () => {
  const calls = read(/^api (\w+) "([^"]+)"(?: -d '([^']*)')?$/gm)
  expect(calls.length).toBeGreaterThan(2)
  const { id, owner } = await world.createAssistant()
  await world.sql`
    insert into loacl.assistant_tools (assistant_id, name, kind) values (${id}, 'look_up_order', 'page')`
  for (const { method, path, body } of calls) {
    const response = await fetch(`${stack.apiUrl}/rest/v1/${path.replace('$ID', id)}`, {
      method,
      headers: {
        apikey: stack.publishableKey,
        authorization: `Bearer ${owner.jwt}`,
        'accept-profile': 'loacl',
        'content-profile': 'loacl',
        'content-type': 'application/json',
      },
      ...(body ? { body } : {}),
    })
    expect([path, response.ok]).toEqual([path, true])
  }
  expect(await world.sql`select risk from loacl.assistant_tools where assistant_id = ${id}`).toEqual([{ risk: 'low' }])
})
