import { untilAborted } from './abort.ts'
import type { ClientContext } from './client_context.ts'
import type { ActionTools } from './follow_threads.ts'
import type { Abortable } from './types.ts'
import type { VisitorExport } from './visitor_export.ts'

export const exportData = (
  { rpc }: ClientContext,
  _: ActionTools,
  { signal }: Abortable = {},
): Promise<VisitorExport> => rpc<VisitorExport>('export_visitor_data', {}, { threads: [{}] }, signal)

/** Once the request has left, an aborted signal ends only the waiting. */
export function eraseData(
  { run, transport, lifetime, drop }: ClientContext,
  _: ActionTools,
  { signal }: Abortable = {},
): Promise<void> {
  async function erase(token: string): Promise<void> {
    await transport.rpc('erase_visitor_data', {}, {}, token, [lifetime()])
    drop('signed_out', token)
  }
  return run(signal, (token) => untilAborted(() => erase(token), signal))
}
