import { clientContract } from '../contract/client_contract.ts'
import { wireContract } from '../contract/wire_contract.ts'
import { projectBehindMsw } from './in_memory.ts'

const project = projectBehindMsw()
wireContract(() => project)
clientContract(() => project)
