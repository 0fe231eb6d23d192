import { workerStack } from '../../../../packages/local/test/worker_stack.ts'
import { createDataApiStore } from '../adapters/data_api_store.ts'
import { storeContract } from './store_contract.ts'

storeContract(async () => {
  const { apiUrl, secretKey, assistantId } = workerStack()
  return { store: createDataApiStore({ url: apiUrl, secretKey }), assistantId }
})
