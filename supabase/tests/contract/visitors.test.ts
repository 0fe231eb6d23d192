import { afterAll, beforeAll } from 'vitest'
import { clientContract } from '../../../packages/core/test/contract/client_contract.ts'
import { startStackProject } from './stack_project.ts'
import { wireContract } from '../../../packages/core/test/contract/wire_contract.ts'

let project: Awaited<ReturnType<typeof startStackProject>>
beforeAll(async () => {
  project = await startStackProject()
})
afterAll(() => project.stop())

wireContract(() => project)
clientContract(() => project)
