import { afterAll, beforeAll } from 'vitest'
import { projectContract } from '../../../packages/core/test/contract/index.ts'
import { startStackProject } from './stack_project.ts'

let project: Awaited<ReturnType<typeof startStackProject>>
beforeAll(async () => {
  project = await startStackProject()
})
afterAll(() => project.stop())

projectContract(() => project)
