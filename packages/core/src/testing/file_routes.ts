import type { FunctionCall } from './chat_function.ts'
import { enterAssistant } from './data_api.ts'
import { readJson } from './read_json.ts'
import { json, Refusal } from './refusal.ts'
import { beginFile, completeFile, findFile, linkFile, removeFile } from './stored_file.ts'

const MAX_BODY_BYTES = 32_768

export function beginUpload({ state, caller, body }: FunctionCall): Response {
  state.visitors.requireToken(caller)
  const { assistantId, name, type, size } = Object(readJson(body, MAX_BODY_BYTES)) as Record<string, unknown>
  if (typeof assistantId !== 'string' || typeof name !== 'string' || typeof type !== 'string')
    throw new Refusal('invalid_body')
  if (!Number.isSafeInteger(size) || (size as number) < 1) throw new Refusal('invalid_body')
  enterAssistant(state, assistantId)
  return json(beginFile(state, caller, { name, type: type.toLowerCase(), size: size as number }), 201)
}

export const completeUpload = ({ state, caller, turnId: id }: FunctionCall): Response =>
  json(completeFile(findFile(state, caller, id)))

export function openFile({ state, caller, turnId: id, body }: FunctionCall): Response {
  const { download = false } = Object(readJson(body || '{}', MAX_BODY_BYTES)) as Record<string, unknown>
  if (typeof download !== 'boolean') throw new Refusal('invalid_body')
  return json(linkFile(state, findFile(state, caller, id), download))
}

export function deleteFile({ state, caller, turnId: id }: FunctionCall): Response {
  removeFile(findFile(state, caller, id))
  return new Response(null, { status: 204 })
}
