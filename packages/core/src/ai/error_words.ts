import type { ErrorCode } from '@loacl/wire'
import { LoaclError } from '../errors.ts'

/** For what the client itself finds out: the server's errors come with a sentence. */
const WORDS: { readonly [Code in ErrorCode]?: string } = {
  aborted: 'The request was called off.',
  already_answered: 'This question has its answer already. Ask another one.',
  credential_missing: 'It could not be found out who is asking. Try again.',
  disposed: 'This chat was closed.',
  file_malformed: 'This file is damaged or can’t be read.',
  file_too_large: 'This file is too large.',
  file_type_not_allowed: 'Files of this type can’t be sent here.',
  files_unsupported: 'Files can’t be sent here.',
  invalid_body: 'This can’t be sent here.',
  message_not_found: 'There is no message to answer.',
  network: 'The chat can’t be reached at the moment. Check the connection and try again.',
  response_malformed: 'The chat answered with something unexpected. Try again.',
  stream_cut: 'The connection broke. Try again.',
  stream_malformed: 'The chat answered with something unexpected. Try again.',
  text_required: 'The message is empty.',
  storage_unavailable: 'The file could not be uploaded. Try again.',
  thread_not_found: 'This conversation is no longer there. Begin a new one.',
  too_many_files: 'These are more files than a message may have.',
  turn_in_progress: 'An answer is still being written in this conversation.',
}

/** An error whose message is a sentence: `useChat` gives it as `error`. What is no LoaclError stays as it is. */
export function inWords(error: unknown): unknown {
  if (!LoaclError.is(error) || error.message !== error.code) return error
  const { code, status, retryAfterMs, requestId } = error
  const words = WORDS[code] ?? `The chat has failed (${code}). Try again.`
  return new LoaclError(code, words, { status, retryAfterMs, requestId, cause: error })
}
