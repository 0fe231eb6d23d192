import type { DataApiOptions } from '../../_shared/adapters/data_api.ts'
import { createDataApiClient } from '../../_shared/adapters/data_api_client.ts'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { ObjectStorage } from '../domain/ports.ts'

/** Holds what visitors upload and owners' documents. */
const BUCKET = 'loacl'

/** The project's Storage, through its API: it takes away the bytes as well, which SQL can't. */
export function createObjectStorage(options: DataApiOptions): ObjectStorage {
  const { storage } = createDataApiClient(options, options.secretKey)
  return {
    async remove(path) {
      const { error } = await storage.from(BUCKET).remove([path])
      // Where there is no bucket, nothing is in it.
      if (error && !/not.?found/i.test(`${error.message} ${error.name}`))
        throw new CodedError('database_unavailable', 'Storage did not delete an object.', { cause: error })
    },
  }
}
