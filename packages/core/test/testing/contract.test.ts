import { projectContract } from '../contract/index.ts'
import { projectBehindMsw } from './in_memory.ts'

const project = projectBehindMsw()
projectContract(() => project)
