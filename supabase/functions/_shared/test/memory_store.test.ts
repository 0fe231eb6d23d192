import { MemoryStore } from './memory_store.ts'
import type { StoreUnderTest } from './contract_visitor.ts'
import { stepsContract } from './steps_contract.ts'
import { storeContract } from './store_contract.ts'

async function makeStore(): Promise<StoreUnderTest> {
  const assistantId = crypto.randomUUID()
  const store = new MemoryStore({ assistantId })
  return {
    store,
    assistantId,
    exhaustBudget: () => (store.stepBudget = 1),
    expire: (turnId) => store.expire(turnId),
  }
}

storeContract(makeStore)
stepsContract(makeStore)
