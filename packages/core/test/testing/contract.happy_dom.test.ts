// @vitest-environment happy-dom
// Without msw: happy-dom's own fetch throws, uncaught, where a stream is left before its end.
import { clientContract } from '../contract/client_contract.ts'
import { wireContract } from '../contract/wire_contract.ts'
import { projectAsFetch } from './in_memory.ts'

const project = projectAsFetch()
wireContract(() => project)
clientContract(() => project)
