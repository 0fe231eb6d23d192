import type { ToolCall } from '../model.ts'
import { digestOf } from './digest.ts'
import { readArguments } from './read_arguments.ts'
import type { Tool } from './tool.ts'
import type { CallToBegin } from './tool_store.ts'

/** Calls of one step that run. */
const MOST_CALLS = 16
/** In a step of more calls than so many none of them is made or kept. */
const MOST_KEPT = 64
/** A name as providers let functions have. */
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/

export interface PreparedCalls {
  calls: readonly CallToBegin[]
  /** What is wrong with the arguments of a call, by its `callId`. */
  faults: ReadonlyMap<string, string>
  /** Calls that are not kept: then none is. */
  dropped: readonly ToolCall[]
}

/** What a model called in one step, each with its tool and with arguments that fit it, or with why it never runs. */
export async function prepareCalls(
  toolCalls: readonly ToolCall[],
  tools: readonly Tool[],
  report: (error: unknown) => void,
): Promise<PreparedCalls> {
  const faults = new Map<string, string>()
  const prepare = async ({ callId, name, arguments: text }: ToolCall, place: number): Promise<CallToBegin> => {
    const tool = tools.find((each) => each.name === name && each.kind !== 'hosted')
    const begun = {
      callId,
      name: NAME.test(name) ? name : 'unknown_tool',
      toolId: tool?.id ?? null,
      toolDigest: tool?.digest ?? null,
    }
    const refused = { ...begun, arguments: null, argumentsDigest: await digestOf(text) }
    if (place >= MOST_CALLS) return { ...refused, errorCode: 'too_many_calls' }
    if (!tool) return { ...refused, errorCode: 'tool_unknown' }
    const read = readArguments(text, tool, report)
    if (read.ok)
      return { ...begun, arguments: read.value, argumentsDigest: await digestOf(read.value), errorCode: null }
    faults.set(callId, read.fault)
    return { ...refused, errorCode: 'arguments_invalid' }
  }
  if (toolCalls.length > MOST_KEPT) return { calls: [], faults, dropped: toolCalls }
  return { calls: await Promise.all(toolCalls.map(prepare)), faults, dropped: [] }
}
