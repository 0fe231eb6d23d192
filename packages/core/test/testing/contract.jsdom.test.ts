// @vitest-environment jsdom
import { projectContract } from '../contract/index.ts'
import { toolsContract } from '../contract/tools_contract.ts'
import { projectBehindMsw } from './in_memory.ts'

const project = projectBehindMsw()
projectContract(() => project)
toolsContract(() => project)
