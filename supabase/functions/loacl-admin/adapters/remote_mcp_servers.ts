import type { Egress } from '../../_shared/adapters/egress.ts'
import { isDeclared, openMcpSession } from '../../_shared/adapters/mcp_session.ts'
import { withinTime, type ToolFailure } from '../../_shared/adapters/tool_failure.ts'
import type { McpServers } from '../domain/ports.ts'

const TIMEOUT_MS = 15_000

/** MCP servers over Streamable HTTP. */
export function createRemoteMcpServers(egress: Egress): McpServers {
  return {
    checkAddress: (endpoint) => egress.check(endpoint),
    isSame: isDeclared,
    async listTools(address) {
      try {
        const tools = await withinTime(TIMEOUT_MS, new AbortController().signal, async (signal) => {
          const session = await openMcpSession(egress, address, signal)
          try {
            return await session.listTools()
          } finally {
            session.close()
          }
        })
        return { tools }
      } catch (error) {
        const { code, message } = error as ToolFailure
        return { code, message }
      }
    },
  }
}
