import { branchesContract } from './branches_contract.ts'
import { clientContract } from './client_contract.ts'
import { contextContract } from './context_contract.ts'
import { dataApiContract } from './data_api_contract.ts'
import { filesContract } from './files_contract.ts'
import { identityContract } from './identity_contract.ts'
import type { ProjectUnderTest } from './project_under_test.ts'
import { siblingsContract } from './siblings_contract.ts'
import { turnsContract } from './turns_contract.ts'
import { withdrawalContract } from './withdrawal_contract.ts'

/** What the real project and the one in memory must do alike. */
export function projectContract(project: () => ProjectUnderTest): void {
  turnsContract(project)
  contextContract(project)
  siblingsContract(project)
  dataApiContract(project)
  identityContract(project)
  clientContract(project)
  branchesContract(project)
  filesContract(project)
  withdrawalContract(project)
}
