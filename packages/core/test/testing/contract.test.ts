import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createTestProject } from '../../src/testing/index.ts'
import { clientContract } from '../contract/client_contract.ts'
import type { ProjectUnderTest } from '../contract/project_under_test.ts'
import { wireContract } from '../contract/wire_contract.ts'

const project = createTestProject()
const server = setupServer(...project.handlers)
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => project.reset())
afterAll(() => server.close())

const underTest: ProjectUnderTest = { ...project, accessToken: () => project.accessToken(crypto.randomUUID()) }
wireContract(() => underTest)
clientContract(() => underTest)
