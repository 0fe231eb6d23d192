import { TEXT } from './shape.ts'
import type { FoldedMessage, PartTable } from './part_table.ts'

/**
 * Why a call of a tool has no result: beside the call, for whoever shows it, and told to the model.
 *
 * - `tool_unknown`, `arguments_invalid`, `too_many_calls`: the model asked for what can't be had
 * - `tool_unreachable`, `tool_timeout`, `tool_result_invalid`, `tool_result_too_large`: nothing usable came
 * - `tool_refused`, `tool_failed`: the tool said no, or that it had failed
 * - `tool_changed`: it is not the tool any more that was asked about
 * - `page_unavailable`: no page ran it in time
 * - `expired`: nobody approved it in time
 * - `stopped`, `cancelled`: the visitor ended the answer, or wrote something else
 * - `unknown`: it began to run, and nobody knows what came of it
 */
export type ToolError =
  | 'tool_unknown'
  | 'arguments_invalid'
  | 'too_many_calls'
  | 'tool_unreachable'
  | 'tool_timeout'
  | 'tool_result_invalid'
  | 'tool_result_too_large'
  | 'tool_refused'
  | 'tool_failed'
  | 'tool_changed'
  | 'page_unavailable'
  | 'expired'
  | 'stopped'
  | 'cancelled'
  | 'unknown'

/** Who runs a tool: the owner's endpoint, the page, the model's provider, or an MCP server of the owner's. */
export type ToolKind = 'server' | 'page' | 'hosted' | 'mcp'

/** What the owner says of a tool. Nothing in it is the model's or the tool's. */
export interface ToolMetadata {
  kind: ToolKind
  /** Its name for visitors, and what a call does, by language tag. */
  titles?: Readonly<Record<string, string>>
  sentences?: Readonly<Record<string, string>>
  /** Where the arguments are sent, where that is another host than the page's. */
  host?: string
  /** Until when it can be approved. */
  expiresAt?: string
  /** Of the arguments that an approval is for. */
  argumentsDigest?: string
}

interface AnyCall {
  toolCallId: string
}

/** The subset of the AI SDK's stream parts for tools whose names its client doesn't know beforehand. */
export type ToolStreamPart =
  | (AnyCall & {
      type: 'tool-input-available'
      toolName: string
      /** The arguments; `{}` where the visitor doesn't see them. */
      input: unknown
      dynamic: true
      title?: string
      providerExecuted?: boolean
      toolMetadata?: ToolMetadata
    })
  | (AnyCall & { type: 'tool-approval-request'; approvalId: string })
  /** The visitor has answered. `approvalId` is the call's. */
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean }
  /** `output` is `null` where the visitor doesn't see it. */
  | (AnyCall & { type: 'tool-output-available'; output: unknown; dynamic: true })
  | (AnyCall & { type: 'tool-output-error'; errorText: ToolError; dynamic: true })
  | (AnyCall & { type: 'tool-output-denied' })

/** A call of a tool: what was asked, and what has become of it. `toolCallId` names it at every request about it. */
export interface ToolPart {
  type: 'dynamic-tool'
  toolCallId: string
  toolName: string
  title?: string
  providerExecuted?: boolean
  toolMetadata?: ToolMetadata
  /**
   * - `input-available`: it runs, or is about to
   * - `approval-requested`: the visitor is asked whether it may
   * - `approval-responded`: they have answered, and it has not run yet
   */
  state:
    | 'input-available'
    | 'approval-requested'
    | 'approval-responded'
    | 'output-available'
    | 'output-error'
    | 'output-denied'
  input: unknown
  output?: unknown
  errorText?: ToolError
  approval?: { id: string; approved?: boolean }
}

interface AnyToolPart {
  type: string
  toolCallId?: string
  toolName?: string
  approvalId?: string
  approved?: boolean
  dynamic?: true
}

/** A call is there once, in the place in which it began. The id of its approval is its own. */
const foldTool =
  (state: ToolPart['state']) =>
  (message: FoldedMessage, { dynamic: _dynamic, approvalId, approved, ...told }: AnyToolPart): FoldedMessage => {
    const { parts } = message
    const { toolCallId = approvalId, toolName } = told
    const place = parts.findIndex((part) => part.toolCallId === toolCallId)
    const approval = approvalId && { approval: { id: approvalId, approved } }
    const part = { ...parts[place], ...told, ...approval, type: 'dynamic-tool', state }
    if (place >= 0) return { ...message, parts: parts.with(place, part) }
    return toolName ? { ...message, parts: [...parts, part] } : message
  }

export const TOOLS: PartTable<ToolStreamPart> = {
  'tool-input-available': [{ toolCallId: TEXT, toolName: TEXT }, foldTool('input-available')],
  'tool-approval-request': [{ toolCallId: TEXT, approvalId: TEXT }, foldTool('approval-requested')],
  'tool-approval-response': [{ approvalId: TEXT }, foldTool('approval-responded')],
  'tool-output-available': [{ toolCallId: TEXT }, foldTool('output-available')],
  'tool-output-error': [{ toolCallId: TEXT, errorText: TEXT }, foldTool('output-error')],
  'tool-output-denied': [{ toolCallId: TEXT }, foldTool('output-denied')],
}

/** The stream that leads to this call, as far as it has come. */
export function streamTool({ type: _type, state, output, errorText, approval, ...told }: ToolPart): ToolStreamPart[] {
  const { toolCallId } = told
  const end: { readonly [State in ToolPart['state']]?: ToolStreamPart } = {
    'output-available': { type: 'tool-output-available', toolCallId, output, dynamic: true },
    'output-error': { type: 'tool-output-error', toolCallId, errorText: errorText ?? 'unknown', dynamic: true },
    'output-denied': { type: 'tool-output-denied', toolCallId },
  }
  const approvalId = approval?.id ?? toolCallId
  const asked: ToolStreamPart[] = [{ type: 'tool-approval-request', toolCallId, approvalId }]
  if (approval?.approved !== undefined)
    asked.push({ type: 'tool-approval-response', approvalId, approved: approval.approved })
  return [
    { type: 'tool-input-available', ...told, dynamic: true },
    ...(approval ? asked : []),
    ...(end[state] ? [end[state]] : []),
  ]
}
