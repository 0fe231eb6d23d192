// The MCP server, as a process. MCP_TOKEN: its bearer secret.
import { createPartsMcpServer } from '../parts_mcp_server.ts'
import { requireVariable, runServer, serveFetch } from '../run_server.ts'

await runServer(serveFetch(createPartsMcpServer(requireVariable('MCP_TOKEN'))))
