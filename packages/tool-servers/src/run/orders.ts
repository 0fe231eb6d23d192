// The signed tool endpoint, as a process. TOOL_SECRET: the assistant's.
import { createOrderEndpoint } from '../order_endpoint.ts'
import { requireVariable, runServer, serveFetch } from '../run_server.ts'

await runServer(serveFetch(createOrderEndpoint(requireVariable('TOOL_SECRET'))))
