import { isBlank } from './blank_text.ts'
import { isPageContext, MAX_CONTEXT_BYTES, type PageContext } from './page_context.ts'
import { CLIENT_ID, UUID } from './session.ts'
import type { ErrorCode } from './errors.ts'

/**
 * Body of `POST /functions/v1/loacl-chat/turns`. The session token travels in the `x-loacl-session` header.
 *
 * - `message`: a new message of the visitor's. `id` is one that the client makes (`CLIENT_ID`), each for one message of
 *   the visitor's; sending the same id and text again joins the same turn. Without `threadId` the message goes to the
 *   visitor's thread that `clientThreadId` names, by either of its ids, or begins one under that client id. `parentId` is the message that it follows: the
 *   latest of the thread, which is also meant where it is left out. Another is refused with `id_conflict`.
 *   `files` are the ids of completed uploads that no message has yet: with them `text` may be empty.
 *   `fingerprint`, of the browser, is a signal against abuse, for assistants that ask for one. `context` is what the page
 *   says that the visitor is looking at. Messages keep theirs: an edited one has that of the one before.
 * - `retry`: another try at answering the message `id` after its turn failed, was stopped or was cut.
 * - `edit`: `text` in place of the visitor's message `messageId`, as a message of its own beside it, of the id `id`. `files` may
 *   name those of the message `messageId` again; what is not named is left out.
 * - `regenerate`: another answer beside the answer `messageId`, to the same question.
 * - `continue`: goes on with the answer `messageId`, which was cut or stopped, or broke off; else `answer_not_cut`.
 *
 * Of the last three `messageId` is the server's or the client's, and `id` one that the client makes: sending the same request
 * again joins the same turn.
 */
export type TurnRequest =
  | {
      type: 'message'
      assistantId: string
      id: string
      threadId: string | null
      clientThreadId?: string
      parentId?: string
      text: string
      context?: PageContext | null | undefined
      files?: readonly string[] | undefined
      fingerprint?: string
    }
  | {
      type: 'retry'
      assistantId: string
      id: string
      threadId: string | null
      clientThreadId?: string
      fingerprint?: string
    }
  | {
      type: 'edit'
      assistantId: string
      id: string
      threadId: string
      messageId: string
      text: string
      files?: readonly string[] | undefined
      fingerprint?: string
    }
  | {
      type: 'regenerate' | 'continue'
      assistantId: string
      id: string
      threadId: string
      messageId: string
      fingerprint?: string
    }

/** Longest fingerprint, in characters: room for a hash. */
const MAX_FINGERPRINT_LENGTH = 128

/** Most files of a message that any assistant may allow. */
export const MAX_FILES = 20

/** Largest accepted body of `POST /turns`, in bytes. Above it: `body_too_large`. */
export const MAX_BODY_BYTES = 262_144

type Parsed<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string }

const fail = (code: ErrorCode, message: string): Parsed<never> => ({ ok: false, code, message })
const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value)
const isClientId = (value: unknown): value is string => typeof value === 'string' && CLIENT_ID.test(value)
const isFingerprint = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w-]+$/.test(value) && value.length <= MAX_FINGERPRINT_LENGTH

const isFileList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= MAX_FILES && value.every(isUuid) && new Set(value).size === value.length

function checkText(text: unknown, files: unknown): Parsed<never> | null {
  if (typeof text !== 'string') return fail('invalid_body', '"text" must be a string.')
  if (files !== undefined && !isFileList(files))
    return fail('invalid_body', `"files" must be up to ${MAX_FILES} ids of files, each once.`)
  if (isBlank(text) && !files?.length) return fail('text_required', 'The message is empty.')
  // PostgreSQL's text can't hold U+0000, and an unpaired surrogate has no UTF-8 form.
  if (text.includes('\0') || !text.isWellFormed())
    return fail('text_malformed', 'The message must be well-formed Unicode without U+0000.')
  return null
}

/** What has been checked. */
const said = (text: unknown, files: unknown) => ({
  text: text as string,
  ...(files === undefined ? {} : { files: files as readonly string[] }),
})

/**
 * Reads a body of `POST /turns`. Members it does not know, a history among them, are ignored.
 * A missing `type` means `message`.
 */
export function parseTurnRequest(body: unknown): Parsed<TurnRequest> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return fail('invalid_body', 'The body must be a JSON object.')
  const {
    type = 'message',
    assistantId,
    id,
    threadId = null,
    clientThreadId,
    parentId,
    messageId,
    text,
    context = null,
    files,
    fingerprint,
  } = body as Record<string, unknown>
  if (!isUuid(assistantId)) return fail('invalid_body', '"assistantId" must be a UUID.')
  if (!isClientId(id)) return fail('invalid_body', '"id" must be 1 to 128 visible ASCII characters.')
  if (threadId !== null && !isUuid(threadId)) return fail('invalid_body', '"threadId" must be a UUID or null.')
  if (clientThreadId !== undefined && !isClientId(clientThreadId))
    return fail('invalid_body', '"clientThreadId" must be 1 to 128 visible ASCII characters.')
  if (fingerprint !== undefined && !isFingerprint(fingerprint))
    return fail('invalid_body', `"fingerprint" must be up to ${MAX_FINGERPRINT_LENGTH} letters, digits, "-" and "_".`)
  const named = clientThreadId === undefined ? {} : { clientThreadId }
  const signals = fingerprint === undefined ? {} : { fingerprint }
  if (type === 'retry') {
    if (threadId === null && clientThreadId === undefined)
      return fail('invalid_body', 'A retry needs a "threadId" or a "clientThreadId".')
    return { ok: true, value: { type, assistantId, id, threadId, ...named, ...signals } }
  }
  if (type === 'edit' || type === 'regenerate' || type === 'continue') {
    if (threadId === null) return fail('invalid_body', `"threadId" must be that of the message's thread.`)
    if (!isClientId(messageId)) return fail('invalid_body', '"messageId" must be the id of a message.')
    if (type !== 'edit') return { ok: true, value: { type, assistantId, id, threadId, messageId, ...signals } }
    const wrong = checkText(text, files)
    return (
      wrong ?? { ok: true, value: { type, assistantId, id, threadId, messageId, ...said(text, files), ...signals } }
    )
  }
  if (type !== 'message') return fail('turn_type_unsupported', 'This "type" of turn is not known here.')
  const wrong = checkText(text, files)
  if (wrong) return wrong
  if (parentId !== undefined && (!isUuid(parentId) || threadId === null))
    return fail('invalid_body', '"parentId" must be the UUID of a message in the thread "threadId".')
  if (context !== null && !isPageContext(context))
    return fail(
      'context_invalid',
      `"context" must be a JSON object of at most ${MAX_CONTEXT_BYTES} bytes, and its "title" and "url" texts.`,
    )
  const parent = { ...(parentId === undefined ? {} : { parentId }), ...(context !== null && { context }) }
  return { ok: true, value: { type, assistantId, id, threadId, ...named, ...parent, ...said(text, files), ...signals } }
}
