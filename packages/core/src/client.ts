import { LoaclError } from './errors.ts'
import type { ClientOptions, LoaclClient } from './types.ts'

export function createClient(_options: ClientOptions): LoaclClient {
  throw new LoaclError('internal', 'Not built yet.')
}
