import type OpenAI from 'openai'
import { APIError } from 'openai'
import { connectOpenAI, toCodedOpenAIError, type OpenAIOptions } from '../../_shared/adapters/openai_client.ts'
import { outputLimits } from '../../_shared/domain/output_limits.ts'
import type { Account, Provider } from '../domain/ports.ts'

const TIMEOUT_MS = 15_000
/** The lowest limit that the Responses API takes. */
const TEST_OUTPUT_TOKENS = 16

/** OpenAI, or whoever speaks its API. */
export function createOpenAIProvider(options: OpenAIOptions): Provider {
  const attempt = async (
    account: Account,
    maxOutputTokens: number,
    call: (client: OpenAI, options: { signal: AbortSignal }) => Promise<unknown>,
  ): Promise<void> => {
    try {
      const client = connectOpenAI(account, outputLimits({ maxOutputTokens, instructions: '' }), options)
      await call(client, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    } catch (error) {
      throw toCodedOpenAIError(error)
    }
  }

  return {
    checkAddress: (baseUrl) => options.egress.check(baseUrl),
    ask: (account, model) =>
      attempt(account, TEST_OUTPUT_TOKENS, (client, signal) =>
        client.responses.create(
          { model, input: 'Say OK.', max_output_tokens: TEST_OUTPUT_TOKENS, store: false },
          signal,
        ),
      ),
    deleteFile: (account, id) =>
      attempt(account, 0, (client, signal) => client.files.delete(id, signal).catch(ignoreGone)),
    deleteVectorStore: (account, id) =>
      attempt(account, 0, (client, signal) => client.vectorStores.delete(id, signal).catch(ignoreGone)),
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof APIError && error.status === 404)) throw error
}
