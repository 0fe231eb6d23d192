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
 * The stack of this worker. Its test files run one after the other, so one may do what concerns the whole database, such
 * as cleaning up, without disturbing another.
 */
export const workerStack = (): SharedStack => inject('stacks')[Number(process.env['VITEST_POOL_ID']) - 1]!
