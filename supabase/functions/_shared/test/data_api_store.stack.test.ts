import { afterAll } from 'vitest'
import { workerStack } from '../../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../../../tests/support/world.ts'
import { createDataApiStore } from '../adapters/data_api_store.ts'
import { callsContract } from './calls_contract.ts'
import { stepsContract } from './steps_contract.ts'
import { storeContract } from './store_contract.ts'

const stack = workerStack()
const world = createWorld(stack)
afterAll(() => world.close())

async function makeStore() {
  const { id: assistantId } = await world.createAssistant()
  return {
    store: createDataApiStore({ url: stack.apiUrl, secretKey: stack.secretKey }),
    assistantId,
    exhaustBudget: () => world.sql`update loacl.assistants set spend_per_day_usd = 0 where id = ${assistantId}`,
    expire: (turnId: string) => world.sql`update loacl_private.turns set wait_expires_at = now() where id = ${turnId}`,
  }
}

async function makeToolStore() {
  const made = await makeStore()
  const { assistantId } = made
  const tools = Object.fromEntries(
    (
      await world.sql<{ name: string; id: string }[]>`
        insert into loacl.assistant_tools (assistant_id, name, kind, description, parameters, endpoint)
        values
          (${assistantId}, 'look', 'server', 'Looks.', '{"type": "object"}', 'https://shop.example/tools'),
          (${assistantId}, 'pay', 'server', 'Pays.', '{"type": "object"}', 'https://shop.example/tools'),
          (${assistantId}, 'scroll', 'page', 'Scrolls.', '{"type": "object"}', null)
        returning name, id`
    ).map(({ name, id }) => [name, id]),
  ) as Record<'look' | 'pay' | 'scroll', string>
  await world.sql`
    insert into loacl.auto_approval_settings (assistant_id, specific_tools)
    values (${assistantId}, '{"look": true, "scroll": true}')`
  return {
    ...made,
    tools,
    expireCall: (id: string) =>
      world.sql`
        with late as (
          update loacl.tool_executions set expires_at = clock_timestamp() where id = ${id} returning turn_id, status
        )
        update loacl_private.turns t set wait_expires_at = clock_timestamp()
        from late where t.id = late.turn_id and late.status = 'pending'`,
    changeTool: (id: string) =>
      world.sql`update loacl.assistant_tools set description = 'Something else.' where id = ${id}`,
  }
}

storeContract(makeStore)
stepsContract(makeStore)
callsContract(makeToolStore)
