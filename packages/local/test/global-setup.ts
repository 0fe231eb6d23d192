import type { TestProject } from 'vitest/node'
import { startStack } from '../src/stack.ts'
import type { StackInfo } from '../src/stack_types.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** One stack that all tests of the project `stack` share: `inject('stack')`. */
    stack: StackInfo & { encryptionKeys: string; jwtSecret: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack()
  const { info, encryptionKeys, jwtSecret } = stack
  project.provide('stack', { ...info, encryptionKeys, jwtSecret })
  return () => stack.stop()
}
