// The hostile server, as a process.
import { createHostileServer } from '../hostile_server.ts'
import { runServer } from '../run_server.ts'

await runServer(createHostileServer())
