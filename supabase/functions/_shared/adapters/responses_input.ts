import type { ResponseInputItem } from 'openai/resources/responses/responses'
import type { ReadItem } from '../domain/model.ts'
import { toDataUrl } from './data_url.ts'
import { isText, toFileText } from './file_text.ts'

/** What a model is told, as the Responses API takes it. */
export const toResponsesInput = (input: readonly ReadItem[]): ResponseInputItem[] => input.map(toItem)

function toItem(item: ReadItem): ResponseInputItem {
  switch (item.type) {
    case 'text':
      return { role: item.role, content: item.text }
    case 'image':
      return {
        role: 'user',
        content: [{ type: 'input_image', detail: 'auto', image_url: toDataUrl(item.mediaType, item.data) }],
      }
    case 'file':
      if (isText(item)) return { role: 'user', content: toFileText(item) }
      return {
        role: 'user',
        content: [{ type: 'input_file', filename: item.name, file_data: toDataUrl(item.mediaType, item.data) }],
      }
    case 'tool-call':
      return { type: 'function_call', call_id: item.callId, name: item.name, arguments: item.arguments }
    case 'tool-result':
      return { type: 'function_call_output', call_id: item.callId, output: item.output }
    case 'provider-item':
      // As this API gave it.
      return item.item as ResponseInputItem
  }
}
