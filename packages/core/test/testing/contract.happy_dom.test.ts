// @vitest-environment happy-dom
// Without msw: happy-dom's own fetch throws, uncaught, where a stream is left before its end.
import { projectContract } from '../contract/index.ts'
import { toolsContract } from '../contract/tools_contract.ts'
import { projectAsFetch } from './in_memory.ts'

const project = projectAsFetch()
projectContract(() => project)
toolsContract(() => project)
