import type { Provider } from './provider.ts'
import { ProjectSetupError } from './setup_error.ts'

const OPENAI_URL = 'https://api.openai.com/v1'
const CHAT = 'openai-chat'
const TIMEOUT_MS = 20_000
/** The fewest that OpenAI takes. */
const OUTPUT_TOKENS = 16
/** The same request may succeed later: they say nothing of key and model. */
const PASSING = [408, 409, 425, 429]

/** `failure`, the end of a sentence, where nothing came of asking; `null` where the model answered. */
export interface ModelTrial {
  model: string
  failure: string | null
}

/**
 * Asks a model for one word, with the key that visitors' questions will be sent with.
 *
 * @throws ProjectSetupError where the provider refuses the key or the model
 */
export async function tryModel({ apiKey, baseUrl, wireFormat }: Provider, model: string): Promise<ModelTrial> {
  let response: Response
  let text: string
  try {
    response = await fetch(`${baseUrl ?? OPENAI_URL}/${wireFormat === CHAT ? 'chat/completions' : 'responses'}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(wireFormat === CHAT ? askByChat(model, baseUrl) : askByResponses(model)),
      // As in the functions: the key goes to this address alone.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    text = await response.text()
  } catch (error) {
    return { model, failure: describeFailure(error) }
  }
  if (response.ok) return { model, failure: null }
  const words = `${response.status}${readMessage(text, apiKey)}`
  if (response.status >= 500 || PASSING.includes(response.status))
    return { model, failure: `the provider said ${words}` }
  throw new ProjectSetupError(
    response.status === 401 || response.status === 403
      ? `The provider refuses the key for the model "${model}": ${words}. Nothing was changed.`
      : `The provider refuses the model "${model}": ${words}. Does it offer a model of this name? Say which by --model. Nothing was changed.`,
  )
}

const QUESTION = 'Say OK.'
const askByResponses = (model: string) => ({ model, input: QUESTION, max_output_tokens: OUTPUT_TOKENS, store: false })
/** The name of the limit is another at OpenAI than what everybody else knows. */
const askByChat = (model: string, baseUrl: string | null) => ({
  model,
  messages: [{ role: 'user', content: QUESTION }],
  [baseUrl === null ? 'max_completion_tokens' : 'max_tokens']: OUTPUT_TOKENS,
})

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** What the provider says, in one line. It may quote the key. */
function readMessage(text: string, apiKey: string): string {
  const [, message = ''] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text.slice(0, 10_000)) ?? []
  const words = message
    .replaceAll('\\"', '"')
    .replace(/\p{C}+/gu, ' ')
    .replaceAll(apiKey, '…')
    .slice(0, 300)
  return words && `, ${words.replace(/\.$/, '')}`
}
