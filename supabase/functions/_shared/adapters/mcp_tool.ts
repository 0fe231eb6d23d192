import type { KeyRing } from '@loacl/sealing'
import type { Tool, ToolOutcome, ToolRunner } from '../domain/tools/tool.ts'
import { openMcpSecret } from '../domain/stored_secret.ts'
import type { Egress } from './egress.ts'
import { listOf, objectOf, stringOf, type Json } from './json_values.ts'
import { isDeclared, openMcpSession } from './mcp_session.ts'
import { ToolFailure, withinTime } from './tool_failure.ts'

/** An answer tells a result in up to two ways, in JSON, which may need more bytes than the result has. */
const ANSWER_BYTES_PER_RESULT_BYTE = 4
const SPARE_BYTES = 16_384

/**
 * Runs tools of remote MCP servers. Each call begins a session, looks whether the server still lists the tool as its owner
 * declared it, and only then sends the arguments: what a server says of its tools otherwise, such as hints that they only read,
 * counts for nothing.
 */
export function createMcpToolRunner({ egress, keyRing }: { egress: Egress; keyRing: KeyRing }): ToolRunner {
  /** @param onSend called when the arguments leave: from then on the tool may have done something */
  async function call(tool: Tool, args: Json, signal: AbortSignal, onSend: () => void): Promise<unknown> {
    const { server, remoteName, maxResultBytes } = tool
    if (!server || remoteName === null) throw new ToolFailure('tool_changed', 'It has no MCP server any more.')
    const token = server.secret && (await openMcpSecret(keyRing, server.secret, server))
    const session = await openMcpSession(egress, { endpoint: server.endpoint, token }, signal)
    try {
      const listed = (await session.listTools()).filter(({ name }) => name === remoteName)
      if (listed.length !== 1 || !isDeclared(listed[0]!, tool))
        throw new ToolFailure('tool_changed', 'The MCP server does not list it as it was declared.')
      onSend()
      const answer = await session.callTool(
        remoteName,
        args,
        maxResultBytes * ANSWER_BYTES_PER_RESULT_BYTE + SPARE_BYTES,
      )
      return readResult(answer, maxResultBytes)
    } finally {
      session.close()
    }
  }

  return {
    async run(tool, { arguments: args }, _, signal): Promise<ToolOutcome> {
      let isSent = false
      const work = (within: AbortSignal) => call(tool, args ?? {}, within, () => (isSent = true))
      try {
        return { result: await withinTime(tool.timeoutMs, signal, work) }
      } catch (error) {
        const { code, message } = error as ToolFailure
        return { errorCode: code === 'stopped' && isSent ? 'unknown' : code, errorMessage: message }
      }
    },
  }
}

/** The structured content, or else the texts. */
function readResult(answer: Json, maxBytes: number): unknown {
  const { content, structuredContent, isError, resultType } = answer
  if (resultType !== undefined && resultType !== 'complete')
    throw new ToolFailure('tool_result_invalid', 'It asks for something instead of giving a result.')
  if (!Array.isArray(content)) throw new ToolFailure('tool_result_invalid', 'Its result has no content.')
  if (isError === true) throw new ToolFailure('tool_failed', 'It said that it had failed.')
  const isStructured = typeof structuredContent === 'object' && structuredContent !== null
  const result = isStructured ? structuredContent : listOf(content).map(toText).join('\n')
  if (new TextEncoder().encode(JSON.stringify(result)).length > maxBytes)
    throw new ToolFailure('tool_result_too_large', 'Its result is larger than it may be.')
  return result
}

/** What of a piece of content a model can read as text. */
function toText(piece: unknown): string {
  const { type, text, resource, uri, mimeType } = objectOf(piece)
  if (type === 'text') return stringOf(text)
  if (type === 'resource') return stringOf(objectOf(resource).text) || `[${stringOf(objectOf(resource).uri)}]`
  if (type === 'resource_link') return `[${stringOf(uri)}]`
  return `[${stringOf(type)} ${stringOf(mimeType)}]`
}
