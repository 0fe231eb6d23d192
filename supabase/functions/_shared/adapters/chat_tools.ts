import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import type { ModelCall } from '../domain/model.ts'
import type { RefusedParameter } from './refused_parameters.ts'

type Params = Pick<ChatCompletionCreateParams, 'tools'>

/** Accounts and models that are remembered: a worker lives for minutes. */
const MOST_REMEMBERED = 1_000

/**
 * Tools that a model may call, as Chat Completions takes them: functions alone. The format has no tools that a provider runs.
 *
 * @param note told, once for each account and model, of what is left out
 */
export function createChatTools(note: (refused: RefusedParameter) => void = () => {}): (call: ModelCall) => Params {
  const noted = new Set<string>()

  const noteHosted = ({ tools, configId, model }: ModelCall): void => {
    for (const tool of tools) {
      if (tool.type !== 'hosted') continue
      const key = `${configId} ${model} ${tool.hostedType}`
      if (noted.has(key)) continue
      if (noted.size >= MOST_REMEMBERED) noted.clear()
      noted.add(key)
      note({ parameter: `tools.${tool.hostedType}`, renamedTo: null, model, configId })
    }
  }

  return (call) => {
    noteHosted(call)
    const tools = call.tools.flatMap((tool) => {
      if (tool.type !== 'function') return []
      const { name, description, parameters } = tool
      return [{ type: 'function' as const, function: { name, description, parameters: { ...parameters } } }]
    })
    return tools.length > 0 ? { tools } : {}
  }
}
