import type {
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import type { ReadItem, ToolCall } from '../domain/model.ts'
import { toDataUrl } from './data_url.ts'
import { isText, toFileText } from './file_text.ts'

/** What a model is told, as Chat Completions takes it. */
export function toChatMessages(instructions: string, input: readonly ReadItem[]): ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = instructions === '' ? [] : [{ role: 'system', content: instructions }]
  for (const item of input) {
    const last = messages.at(-1)
    // The calls of one step are one message's.
    if (item.type === 'tool-call' && last?.role === 'assistant')
      messages[messages.length - 1] = { ...last, tool_calls: [...(last.tool_calls ?? []), toToolCall(item)] }
    else messages.push(toMessage(item))
  }
  return messages
}

function toMessage(item: ReadItem): ChatCompletionMessageParam {
  switch (item.type) {
    case 'text':
      return { role: item.role, content: item.text }
    case 'image':
      return {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: toDataUrl(item.mediaType, item.data) } }],
      }
    case 'file':
      if (isText(item)) return { role: 'user', content: toFileText(item) }
      return {
        role: 'user',
        content: [{ type: 'file', file: { filename: item.name, file_data: toDataUrl(item.mediaType, item.data) } }],
      }
    case 'tool-call':
      return { role: 'assistant', content: null, tool_calls: [toToolCall(item)] }
    case 'tool-result':
      return { role: 'tool', tool_call_id: item.callId, content: item.output }
    case 'provider-item':
      // As this API gave it.
      return item.item as ChatCompletionMessageParam
  }
}

const toToolCall = ({ callId, name, arguments: args }: ToolCall): ChatCompletionMessageFunctionToolCall => ({
  id: callId,
  type: 'function',
  function: { name, arguments: args },
})
