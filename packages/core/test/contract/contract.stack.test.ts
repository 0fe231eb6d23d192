import { afterAll, beforeAll } from 'vitest'
import { clientContract } from './client_contract.ts'
import { startStackProject } from './stack_project.ts'
import { wireContract } from './wire_contract.ts'

let project: Awaited<ReturnType<typeof startStackProject>>
beforeAll(async () => {
  project = await startStackProject()
})
afterAll(() => project.stop())

wireContract(() => project)
clientContract(() => project)
