import { MemoryStore } from './memory_store.ts'
import { storeContract } from './store_contract.ts'

storeContract(async () => {
  const assistantId = crypto.randomUUID()
  const store = new MemoryStore({ assistantId })
  return {
    store,
    assistantId,
    exhaustBudget: () => (store.stepBudget = 1),
    expire: (turnId) => store.expire(turnId),
  }
})
