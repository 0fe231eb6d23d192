import { inject } from 'vitest'
import { createDataApiStore } from '../adapters/data_api_store.ts'
import { storeContract } from './store_contract.ts'

storeContract(async () => {
  const { apiUrl, secretKey, assistantId } = inject('stack')
  return { store: createDataApiStore({ url: apiUrl, secretKey }), assistantId }
})
