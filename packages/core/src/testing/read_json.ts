import { MAX_BODY_BYTES } from '@loacl/wire'
import { Refusal } from './refusal.ts'

export function readJson(body: string, most = MAX_BODY_BYTES): unknown {
  if (new TextEncoder().encode(body).length > most) throw new Refusal('body_too_large')
  try {
    return JSON.parse(body)
  } catch {
    throw new Refusal('invalid_json')
  }
}
