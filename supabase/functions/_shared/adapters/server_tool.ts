import { type KeyRing, KeyRingError } from '@loacl/sealing'
import type { ToolError } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'
import { TooMuchOutput } from '../domain/output_limits.ts'
import { orAborted } from '../domain/retry.ts'
import type { StoredSecret } from '../domain/stored_secret.ts'
import type { Call, Tool, ToolContext, ToolOutcome, ToolRunner } from '../domain/tools/tool.ts'
import type { Egress } from './egress.ts'
import { signWebhook } from './webhook_signature.ts'

export interface ServerToolOptions {
  egress: Egress
  keyRing: KeyRing
  now?: () => number
}

/** Why a call has no result, while it is on its way to being one. */
class ToolFault extends Error {
  readonly code: ToolError

  constructor(code: ToolError, message: string) {
    super(message)
    this.code = code
  }
}

/** Calls an HTTPS endpoint of the owner's, with a signature by Standard Webhooks: https://www.standardwebhooks.com */
export function createServerTool({ egress, keyRing, now = Date.now }: ServerToolOptions): ToolRunner {
  /** @param assistantId the turn's, whatever the row says: a secret that was moved does not open */
  async function open(sealed: StoredSecret, assistantId: string): Promise<string> {
    try {
      return await keyRing.open(sealed, { ...sealed, purpose: 'tool_secret', provider: assistantId, baseUrl: null })
    } catch (error) {
      if (!(error instanceof KeyRingError)) throw error
      throw new ToolFault('tool_unreachable', 'The secret that signs calls of tools can’t be opened: make another.')
    }
  }

  async function call(tool: Tool, made: Call, context: ToolContext, signal: AbortSignal): Promise<unknown> {
    if (!tool.endpoint) throw new ToolFault('tool_unreachable', 'The tool has no endpoint.')
    const { toolSecret, assistantId, visitor } = context
    if (!toolSecret) throw new ToolFault('tool_unreachable', 'The assistant has no secret that signs calls of tools.')
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
    const response = await send(tool.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/plain',
        'idempotency-key': idempotencyKey,
        ...(await signWebhook(secret, { id, seconds: Math.floor(now() / 1_000), body })),
      },
      body,
      signal,
    })
    return readResult(response, tool.maxResultBytes)
  }

  return {
    async run(tool, made, context, interrupt) {
      if (interrupt.aborted) return failed('stopped', 'The turn had ended before it was called.')
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), tool.timeoutMs)
      const signal = AbortSignal.any([interrupt, late.signal])
      try {
        const outcome = await orAborted(
          call(tool, made, context, signal).then((result): ToolOutcome => ({ result })),
          signal,
        )
        if (outcome) return outcome
      } catch (error) {
        if (!signal.aborted) return toFailure(error)
      } finally {
        clearTimeout(timer)
      }
      return interrupt.aborted
        ? failed('unknown', 'The turn ended while it ran.')
        : failed('tool_timeout', `It did not answer within ${tool.timeoutMs} ms.`)
    },
  }
}

const failed = (errorCode: ToolError, errorMessage: string): ToolOutcome => ({ errorCode, errorMessage })

/** What a body counts for at most while it is read: an empty line counts 64 bytes more than it has. */
const limitsOf = ({ maxResultBytes }: Tool) => ({ eventBytes: maxResultBytes + 1, bodyBytes: maxResultBytes * 65 })

async function readResult(response: Response, maxBytes: number): Promise<unknown> {
  const { status } = response
  if (status < 200 || status > 299) {
    await response.body?.cancel()
    const code = status >= 400 && status <= 499 ? 'tool_refused' : 'tool_unreachable'
    throw new ToolFault(code, `The endpoint answered with status ${status}.`)
  }
  if (status === 204) return null
  const type = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const isJson = type === 'application/json' || type.endsWith('+json')
  if (!isJson && type !== 'text/plain') {
    await response.body?.cancel()
    throw new ToolFault('tool_result_invalid', 'The answer is neither JSON nor text/plain.')
  }
  const bytes = await response.bytes()
  if (bytes.byteLength > maxBytes) throw new TooMuchOutput()
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return isJson ? (JSON.parse(text) as unknown) : text
  } catch {
    throw new ToolFault('tool_result_invalid', `The answer is no whole ${isJson ? 'JSON' : 'text'} in UTF-8.`)
  }
}

/** The egress adapter speaks of models and their keys: nothing of that is said of a tool. */
function toFailure(error: unknown): ToolOutcome {
  if (error instanceof ToolFault) return failed(error.code, error.message)
  if (findTooMuch(error)) return failed('tool_result_too_large', 'The answer is larger than the tool may give.')
  if (error instanceof CodedError && error.code === 'provider_key_unusable')
    return failed('tool_unreachable', 'The endpoint is no public HTTPS address, nor one that the project lists.')
  return failed('tool_unreachable', 'The endpoint could not be reached, redirected, or broke off.')
}

const findTooMuch = (error: unknown): boolean =>
  error instanceof TooMuchOutput || (error instanceof Error && error.cause !== undefined && findTooMuch(error.cause))
