import { untilAborted } from './abort.ts'
import type { ClientContext } from './client_context.ts'
import type { Abortable } from './types.ts'
import type { VisitorExport } from './visitor_export.ts'

export const exportData = ({ rpc }: ClientContext, { signal }: Abortable = {}): Promise<VisitorExport> =>
  rpc('export_visitor_data', {}, { threads: [{}] }, signal)

/** Once the request has left, an aborted signal ends only the waiting. */
export function eraseData(client: ClientContext, { signal }: Abortable = {}): Promise<void> {
  const { run, transport, lifetime, erased } = client
  async function erase(token: string): Promise<void> {
    await transport.rpc('erase_visitor_data', {}, {}, token, [lifetime()])
    client.context = null
    erased(token)
  }
  return run(signal, (token) => untilAborted(() => erase(token), signal))
}
