import type { StreamPart } from '@loacl/wire'
import type { HostedCallEvent } from '../model.ts'
import type { Tool } from './tool.ts'
import { beginning, toError } from './tool_parts.ts'
import type { HostedCalls } from './tool_store.ts'

/** What is shown of one step, and charged: more than any provider makes that keeps to what it was asked for. */
const MOST_CALLS = 64

/** The calls of tools that the provider runs, in one step: as parts, and counted. Their arguments and results stay with it. */
export interface HostedCallReader {
  read(event: HostedCallEvent): StreamPart[]
  /** Ends those that are still open: the step is over. */
  close(): StreamPart[]
  readonly calls: readonly HostedCalls[]
}

export function createHostedCallReader(tools: readonly Tool[]): HostedCallReader {
  /** Ids of their parts, by the provider's keys. */
  const ids = new Map<string, string>()
  const open = new Set<string>()
  const counts = new Map<string, number>()

  return {
    read({ key, hostedType, state }) {
      const tool = tools.find((each) => each.hostedType === hostedType)
      // Providers have tools of their own that nobody declared here.
      if (!tool) return []
      const parts: StreamPart[] = []
      if (!ids.has(key)) {
        if (ids.size >= MOST_CALLS) return []
        const id = crypto.randomUUID()
        ids.set(key, id)
        open.add(key)
        counts.set(tool.name, (counts.get(tool.name) ?? 0) + 1)
        parts.push({ ...beginning(id, tool.name, tool, false), providerExecuted: true })
      }
      if (state === 'begun' || !open.delete(key)) return parts
      const toolCallId = ids.get(key)!
      return [
        ...parts,
        state === 'completed'
          ? { type: 'tool-output-available', toolCallId, output: null, dynamic: true }
          : toError(toolCallId, 'tool_failed'),
      ]
    },
    close() {
      const parts = [...open].map((key) => toError(ids.get(key)!, 'stopped'))
      open.clear()
      return parts
    },
    get calls() {
      return [...counts].map(([name, count]) => ({ name, count }))
    },
  }
}
