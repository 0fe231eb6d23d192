import type { MessagePart, StreamPart, ToolError, ToolMetadata, ToolPart } from '@loacl/wire'
import type { TurnEnd } from '../ending.ts'
import type { Call, Tool } from './tool.ts'

/** What a visitor is shown of a call that has begun. Nothing else of it gets out, by whichever exit. */
export function partsOfBegun(call: Call, tool: Tool | undefined): StreamPart[] {
  const isAsked = call.status === 'pending'
  const sees = isAsked || tool?.visitorSees === 'arguments' || tool?.visitorSees === 'result'
  const input = { ...beginning(call.id, call.name, tool, sees), input: (sees && call.arguments) || {} }
  if (!isAsked) return [input]
  const { sentences } = wordsOf(tool)
  const toolMetadata: ToolMetadata = {
    ...input.toolMetadata!,
    ...(sentences && { sentences }),
    ...(call.expiresAt && { expiresAt: call.expiresAt }),
    argumentsDigest: call.argumentsDigest,
  }
  return [
    { ...input, toolMetadata },
    { type: 'tool-approval-request', toolCallId: call.id, approvalId: call.id },
  ]
}

/** What a visitor is shown of how a call ended; nothing while it has not. */
export function partsOfEnded(call: Call, tool: Tool | undefined): StreamPart[] {
  const { id: toolCallId, status, errorCode, result } = call
  if (status === 'completed')
    return [
      {
        type: 'tool-output-available',
        toolCallId,
        output: tool?.visitorSees === 'result' ? result : null,
        dynamic: true,
      },
    ]
  if (status !== 'failed' && status !== 'cancelled') return []
  if (errorCode === 'denied') return [{ type: 'tool-output-denied', toolCallId }]
  return [toError(toolCallId, errorCode ?? 'unknown')]
}

/** A call that is shown before anything of it is known but its tool. */
export const beginning = (toolCallId: string, toolName: string, tool: Tool | undefined, seesHost: boolean) => {
  const { titles } = wordsOf(tool)
  // The database keeps the languages in an order of its own.
  const title = titles && (titles.en ?? Object.values(titles)[0])
  const host = seesHost ? hostOf(tool) : null
  const toolMetadata: ToolMetadata | null = tool
    ? { kind: tool.kind, ...(titles && { titles }), ...(host && { host }) }
    : null
  return {
    type: 'tool-input-available' as const,
    toolCallId,
    toolName,
    input: {} as unknown,
    dynamic: true as const,
    ...(title && { title }),
    ...(toolMetadata && { toolMetadata }),
  }
}

export const toError = (toolCallId: string, errorText: ToolError): StreamPart => ({
  type: 'tool-output-error',
  toolCallId,
  errorText,
  dynamic: true,
})

const isTool = (part: MessagePart): part is ToolPart => part.type === 'dynamic-tool'
const isOpen = ({ state }: ToolPart): boolean => !state.startsWith('output-')

/** As the database says it of the calls of a turn that ends. */
const STOPPED: { readonly [State in TurnEnd['state']]?: ToolError } = { stopped: 'stopped', cut: 'expired' }

/** Ends the calls of a message that have no end, because its turn has: what was begun may have been done. */
export const stopOpenCalls = (parts: readonly MessagePart[], { state: end }: TurnEnd): StreamPart[] =>
  parts
    .filter(isTool)
    .filter(isOpen)
    .map(({ toolCallId, state }) =>
      toError(toolCallId, state === 'input-available' ? 'unknown' : (STOPPED[end] ?? 'cancelled')),
    )

/** Ids of the calls in these parts whose end is told. */
export const toldCalls = (parts: readonly MessagePart[]): string[] =>
  parts.filter(isTool).flatMap((part) => (isOpen(part) ? [] : part.toolCallId))

function wordsOf(tool: Tool | undefined) {
  const pick = (name: 'title' | 'sentence') => {
    const words = Object.entries(tool?.words ?? {}).flatMap(([tag, { [name]: text }]) => (text ? [[tag, text]] : []))
    return words.length > 0 ? (Object.fromEntries(words) as Record<string, string>) : undefined
  }
  return { titles: pick('title'), sentences: pick('sentence') }
}

/** Where a call's arguments are sent, where that is not the page. */
function hostOf(tool: Tool | undefined): string | null {
  const address = tool?.server?.endpoint ?? tool?.endpoint
  return address && URL.canParse(address) ? new URL(address).host : null
}
