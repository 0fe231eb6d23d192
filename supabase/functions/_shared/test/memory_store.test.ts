import { MemoryStore } from './memory_store.ts'
import { storeContract } from './store_contract.ts'

storeContract(async () => {
  const assistantId = crypto.randomUUID()
  return { store: new MemoryStore({ assistantId }), assistantId }
})
