import { afterAll } from 'vitest'
import { workerStack } from '../../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../../../tests/support/world.ts'
import { createDataApiStore } from '../adapters/data_api_store.ts'
import { storeContract } from './store_contract.ts'

const stack = workerStack()
const world = createWorld(stack)
afterAll(() => world.close())

storeContract(async () => {
  const { id: assistantId } = await world.createAssistant()
  return {
    store: createDataApiStore({ url: stack.apiUrl, secretKey: stack.secretKey }),
    assistantId,
    exhaustBudget: () => world.sql`update loacl.assistants set spend_per_day_usd = 0 where id = ${assistantId}`,
    expire: (turnId) => world.sql`update loacl_private.turns set wait_expires_at = now() where id = ${turnId}`,
  }
})
