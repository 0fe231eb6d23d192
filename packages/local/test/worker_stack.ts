import { inject } from 'vitest'
import type { StackInfo } from '../src/stack_types.ts'

export type SharedStack = StackInfo & { encryptionKeys: string; jwtSecret: string }

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker of the project `stack`. */
    stacks: readonly SharedStack[]
  }
}

/**
 * The stack of this worker. Test files come to it one after the other, so that what one does to a whole database, such
 * as cleaning up, no other is in the middle of.
 */
export const workerStack = (): SharedStack => inject('stacks')[Number(process.env['VITEST_POOL_ID']) - 1]!
