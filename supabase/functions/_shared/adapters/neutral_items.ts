import type { InputItem, ReadItem } from '../domain/model.ts'
import { listOf, objectOf, stringOf } from './json_values.ts'

/**
 * What one provider's output item says, for another provider: its text and its calls of tools. Reasoning, ids of items and
 * files, and tools that the provider ran itself are nothing to others.
 */
function toNeutralItems(item: unknown): ReadItem[] {
  const { type, role, content, call_id, name, arguments: args, tool_calls } = objectOf(item)
  if (type === 'function_call')
    return [{ type: 'tool-call', callId: stringOf(call_id), name: stringOf(name), arguments: stringOf(args) }]
  if (role !== 'assistant') return []
  const text =
    stringOf(content) ||
    listOf(content)
      .map(objectOf)
      .map((part) => stringOf(part.text) || stringOf(part.refusal))
      .join('')
  const calls = listOf(tool_calls).map(objectOf)
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, role: 'assistant' as const, text }]),
    ...calls.map((call) => ({
      type: 'tool-call' as const,
      callId: stringOf(call.id),
      name: stringOf(objectOf(call.function).name),
      arguments: stringOf(objectOf(call.function).arguments),
    })),
  ]
}

/** The input as one account may be told it: what others said, in words. */
export const toOwnItems = (input: readonly InputItem[], configId: string): ReadItem[] =>
  input.flatMap((item) => {
    if (item.type === 'stored-file') throw new Error('A file is to be read before the call.')
    return item.type === 'provider-item' && item.from !== configId ? toNeutralItems(item.item) : [item]
  })
