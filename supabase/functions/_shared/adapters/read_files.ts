import { toCodedError } from '../domain/coded_error.ts'
import type { FileStorage } from '../domain/files/file_store.ts'
import type { InputItem, Model, ModelCall, StoredFile } from '../domain/model.ts'
import { turnError } from '../domain/turn_errors.ts'
import { createByteQueue } from './byte_queue.ts'
import { objectOf, stringOf } from './json_values.ts'

/**
 * How providers say that a model reads no such file. They have no code for it.
 *
 * - OpenAI: "Invalid content type. image_url is only supported by certain models."
 * - OpenRouter: 404, "No endpoints found that support image input": goose issue 5396.
 * - vLLM: 400, in places 500, "<model> is not a multimodal model": its issues 19144, 23402.
 * - Ollama: 400, "this model does not support image input": its issue 17301.
 * - LM Studio: "Model does not support images. Please use a model that does.": its issue 908.
 */
const WORDS = new RegExp(
  [
    'multi-?modal model',
    'support(s|ed)?( by)?( the)?( input)? (images?|vision|files?|pdfs?)',
    '(images?|vision|files?|pdfs?|image_url|modalit(y|ies))( (inputs?|types?|urls?))? (is|are) (not|only) supported',
    "invalid (value|content type)[^.]*'?(image|file)",
    'unsupported[^.]*(image|file|pdf)',
  ].join('|'),
  'i',
)
/** What a refusal is taken for by its status. */
const REFUSED: ReadonlySet<string> = new Set(['model_request_rejected', 'model_unavailable'])

/**
 * Bytes of files that are read and sent at a time: each is there three times meanwhile, and a hosted worker has 256 MB. A call
 * waits its turn.
 */
const LIMIT = 24 * 1024 * 1024

/** A model that reads the files that it is told of, when it is called. */
export function withFiles(model: Model, storage: Pick<FileStorage, 'read'>, queue = createByteQueue(LIMIT)): Model {
  /** Gives the call, and what is to be called once the provider has it. */
  async function read<Call extends ModelCall>(
    call: Call,
    signal: AbortSignal | undefined,
  ): Promise<[Call, () => void]> {
    const bytes = call.input.filter(isStored).reduce((sum, { size }) => sum + size, 0)
    if (!call.input.some(isStored)) return [call, () => {}]
    const sent = await queue.enter(bytes, signal)
    try {
      return [{ ...call, input: await Promise.all(call.input.map((item) => readItem(item, storage))) }, sent]
    } catch (error) {
      sent()
      throw error
    }
  }

  return {
    async *stream(call, signal) {
      let sent: (() => void) | undefined
      try {
        let whole: ModelCall
        ;[whole, sent] = await read(call, signal)
        for await (const event of model.stream(whole, signal)) {
          sent()
          if (event.type === 'end' && event.end.state === 'failed')
            yield { ...event, end: { state: 'failed', error: toCodedError(explain(call, event.end.error)) } }
          else yield event
        }
      } catch (error) {
        throw explain(call, error)
      } finally {
        sent?.()
      }
    },
    async generate(call, signal) {
      const [whole, sent] = await read(call, signal)
      try {
        return await model.generate(whole, signal)
      } finally {
        sent()
      }
    },
  }
}

const isStored = (item: InputItem): item is StoredFile => item.type === 'stored-file'

async function readItem(item: InputItem, storage: Pick<FileStorage, 'read'>): Promise<InputItem> {
  if (!isStored(item)) return item
  const { name, mediaType } = item
  const stored = await storage.read(item.path, item.size)
  // Its owner or the site has deleted it just now.
  if (!stored) return { type: 'text', role: 'user', text: `[The file ${name} is gone.]` }
  const data = toBase64(stored.bytes)
  return mediaType.startsWith('image/') ? { type: 'image', mediaType, data } : { type: 'file', name, mediaType, data }
}

/** A refusal of a call with files, by a provider that says that it is for them. */
function explain({ input }: ModelCall, error: unknown): unknown {
  const { code, cause } = toCodedError(error)
  if (!REFUSED.has(code) || !input.some((item) => isStored(item) && !item.mediaType.startsWith('text/'))) return error
  return WORDS.test(stringOf(objectOf(cause).message)) ? turnError('files_unsupported', { cause }) : error
}

/** In pieces: a call has so many arguments at most. */
function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += 24_576)
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 24_576))))
  return pieces.join('')
}
