import type { KeyRing } from '@loacl/sealing'
import { TooMuchOutput } from '../domain/output_limits.ts'
import type { StoredSecret } from '../domain/stored_secret.ts'
import type { Call, Tool, ToolContext, ToolRunner } from '../domain/tools/tool.ts'
import type { Egress } from './egress.ts'
import { ToolFailure, withinTime } from './tool_failure.ts'
import { sentOnce } from './sent_once.ts'
import { signWebhook } from './webhook_signature.ts'

export interface ServerToolOptions {
  egress: Egress
  keyRing: KeyRing
  now?: () => number
}

/** Calls an HTTPS endpoint of the owner's, with a signature by Standard Webhooks: https://www.standardwebhooks.com */
export function createServerTool({ egress, keyRing, now = Date.now }: ServerToolOptions): ToolRunner {
  /** @param assistantId the turn's, whatever the row says: a secret that was moved does not open */
  const open = (sealed: StoredSecret, assistantId: string): Promise<string> =>
    keyRing.open(sealed, { ...sealed, purpose: 'tool_secret', provider: assistantId, baseUrl: null })

  async function call(
    tool: Tool,
    made: Call,
    context: ToolContext,
    signal: AbortSignal,
    onSent: () => void,
  ): Promise<unknown> {
    if (!tool.endpoint) throw new ToolFailure('tool_unreachable', 'The tool has no endpoint.')
    const { toolSecret, assistantId, visitor } = context
    if (!toolSecret) throw new ToolFailure('tool_unreachable', 'The assistant has no secret that signs calls of tools.')
    const secret = await open(toolSecret, assistantId)
    const { id, idempotencyKey } = made
    const body = JSON.stringify({
      executionId: id,
      idempotencyKey,
      assistantId,
      tool: tool.name,
      arguments: made.arguments ?? {},
      visitor,
    })
    const send = egress.fetchWithin(limitsOf(tool))
    const headers = await signWebhook(secret, { id, seconds: Math.floor(now() / 1_000), body })
    if (!signal.aborted) onSent()
    const response = await send(tool.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/plain',
        'idempotency-key': idempotencyKey,
        ...headers,
      },
      ...sentOnce(body),
      signal,
    })
    return readResult(response, tool.maxResultBytes)
  }

  return {
    async run(tool, made, context, signal) {
      let isSent = false
      const onSent = () => (isSent = true)
      try {
        return {
          result: await withinTime(tool.timeoutMs, signal, (within) => call(tool, made, context, within, onSent)),
        }
      } catch (error) {
        const { code, message } = error as ToolFailure
        // It may have been done all the same.
        return { errorCode: code === 'stopped' && isSent ? 'unknown' : code, errorMessage: message }
      }
    },
  }
}

/** What a body counts for at most while it is read: an empty line counts 64 bytes more than it has. */
const limitsOf = ({ maxResultBytes }: Tool) => ({ eventBytes: maxResultBytes + 1, bodyBytes: maxResultBytes * 65 })

async function readResult(response: Response, maxBytes: number): Promise<unknown> {
  const { status } = response
  if (status < 200 || status > 299) {
    await response.body?.cancel()
    const code = status >= 400 && status <= 499 ? 'tool_refused' : 'tool_unreachable'
    throw new ToolFailure(code, `The endpoint answered with status ${status}.`)
  }
  if (status === 204) return null
  const type = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const isJson = type === 'application/json' || type.endsWith('+json')
  if (!isJson && type !== 'text/plain') {
    await response.body?.cancel()
    throw new ToolFailure('tool_result_invalid', 'The answer is neither JSON nor text/plain.')
  }
  const bytes = await response.bytes()
  if (bytes.byteLength > maxBytes) throw new TooMuchOutput()
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return isJson ? (JSON.parse(text) as unknown) : text
  } catch {
    throw new ToolFailure('tool_result_invalid', `The answer is no whole ${isJson ? 'JSON' : 'text'} in UTF-8.`)
  }
}
