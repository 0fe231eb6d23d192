import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { createTestProject, type TestProject } from '../../src/testing/index.ts'
import { FILES } from '../contract/files_contract.ts'
import type { ToolProjectUnderTest } from '../contract/tools_contract.ts'

const toProjectUnderTest = (project: TestProject): ToolProjectUnderTest => ({
  ...project,
  accessToken: () => project.accessToken(crypto.randomUUID()),
})

/** Behind the `fetch` that the file's tests have, by msw. */
export function projectBehindMsw(): ToolProjectUnderTest {
  const project = createTestProject({ assistant: { files: FILES } })
  const server = setupServer(...project.handlers)
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => project.reset())
  afterAll(() => server.close())
  return toProjectUnderTest(project)
}

/** In the place of the `fetch` that the file's tests have. */
export function projectAsFetch(): ToolProjectUnderTest {
  const project = createTestProject({ assistant: { files: FILES } })
  beforeAll(() => {
    vi.stubGlobal('fetch', project.fetch)
    vi.stubGlobal('XMLHttpRequest', undefined)
  })
  afterEach(() => project.reset())
  afterAll(() => void vi.unstubAllGlobals())
  return toProjectUnderTest(project)
}
