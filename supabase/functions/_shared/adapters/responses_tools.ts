import type { ResponseCreateParams, Tool } from 'openai/resources/responses/responses'
import type { ModelCall, OfferedTool } from '../domain/model.ts'

type Params = Pick<ResponseCreateParams, 'tools' | 'parallel_tool_calls' | 'max_tool_calls'>

/** Tools that a model may call, as the Responses API takes them. Nothing where there are none. */
export function toResponsesTools({ tools, maxHostedCalls }: ModelCall): Params {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(toTool),
    parallel_tool_calls: true,
    ...(tools.some(({ type }) => type === 'hosted') ? { max_tool_calls: maxHostedCalls } : {}),
  }
}

function toTool(tool: OfferedTool): Tool {
  if (tool.type === 'function') {
    const { name, description, parameters } = tool
    // An owner's schema is seldom of the provider's strict subset. Arguments are checked here.
    return { type: 'function', name, description, parameters: { ...parameters }, strict: false }
  }
  const options = { ...tool.options, type: tool.hostedType }
  const own = tool.hostedType === 'code_interpreter' ? { container: { type: 'auto' }, ...options } : options
  return own as Tool
}
