import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { asked, createToolCalls } from './tool_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { addTool, decide, startWaiting } = createToolCalls(world)
afterAll(() => world.close())

const section =
  readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8').split('### tool_executions')[1] ?? ''
const [pending = '', past = ''] = (/```sql\n(.*?)```/s.exec(section)?.[1] ?? '').split(';\n\n')

/** A query, as an operator makes it. */
const queryAs = ({ userId }: Operator, query: string) =>
  sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: userId, role: 'authenticated' })}, true)`
    await tx`set local role authenticated`
    return tx.unsafe(query)
  })

it('an owner finds what waits and what ran by the queries of docs/migrating.md, and nobody else does', async () => {
  const { id, owner } = await world.createAssistant()
  const token = createToken()
  const tool = await addTool(id)
  const { calls } = await startWaiting(id, token, [asked(tool), asked(tool, { order: 8 })])
  await decide(calls[0]!, false, token, { reason: 'No.' })
  expect(await queryAs(owner, pending)).toMatchObject([
    { id: calls[1]!.id, tool_name: 'look_up', parameters: { order: 8 } },
  ])
  expect(await queryAs(owner, past)).toMatchObject([
    { status: 'pending', was_asked: true },
    { status: 'cancelled', error_code: 'denied', error_message: 'No.' },
  ])
  const { owner: other } = await world.createAssistant()
  expect(await queryAs(other, pending)).toHaveLength(0)
  expect(await queryAs(other, past)).toHaveLength(0)
  const { body } = await api.select('tool_executions?status=eq.pending&select=id', { jwt: owner.jwt })
  expect(body).toEqual([{ id: calls[1]!.id }])
})
