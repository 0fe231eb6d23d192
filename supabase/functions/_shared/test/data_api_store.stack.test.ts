import { afterAll } from 'vitest'
import { workerStack } from '../../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../../../tests/support/world.ts'
import { createDataApiStore } from '../adapters/data_api_store.ts'
import type { StoreUnderTest } from './contract_visitor.ts'
import { stepsContract } from './steps_contract.ts'
import { storeContract } from './store_contract.ts'

const stack = workerStack()
const world = createWorld(stack)
afterAll(() => world.close())

async function makeStore(): Promise<StoreUnderTest> {
  const { id: assistantId } = await world.createAssistant()
  return {
    store: createDataApiStore({ url: stack.apiUrl, secretKey: stack.secretKey }),
    assistantId,
    exhaustBudget: () => world.sql`update loacl.assistants set spend_per_day_usd = 0 where id = ${assistantId}`,
    expire: (turnId) => world.sql`update loacl_private.turns set wait_expires_at = now() where id = ${turnId}`,
  }
}

storeContract(makeStore)
stepsContract(makeStore)
