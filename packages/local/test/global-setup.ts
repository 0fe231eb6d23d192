import type { TestProject } from 'vitest/node'
import { startStack } from '../src/stack.ts'
import type { SharedStack } from './worker_stack.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stacks = await Promise.all(Array.from({ length: project.config.maxWorkers }, () => startStack()))
  project.provide(
    'stacks',
    stacks.map(({ info, encryptionKeys, jwtSecret }): SharedStack => ({ ...info, encryptionKeys, jwtSecret })),
  )
  return async () => {
    await Promise.all(stacks.map((stack) => stack.stop()))
  }
}
