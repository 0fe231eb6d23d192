import type OpenAI from 'openai'
import { APIError } from 'openai'
import { connectOpenAI, toCodedOpenAIError, type ProviderOptions } from '../../_shared/adapters/openai_client.ts'
import { createProviderModel } from '../../_shared/adapters/provider_model.ts'
import type { ModelAccount } from '../../_shared/domain/model.ts'
import { outputLimits } from '../../_shared/domain/output_limits.ts'
import { turnError } from '../../_shared/domain/turn_errors.ts'
import type { Provider } from '../domain/ports.ts'

const TIMEOUT_MS = 15_000
/** The lowest limit that the Responses API takes. */
const TEST_OUTPUT_TOKENS = 16

/** OpenAI, or whoever speaks one of its APIs. */
export function createOpenAIProvider(options: ProviderOptions): Provider {
  const models = createProviderModel(options)
  const attempt = async (
    account: ModelAccount,
    call: (client: OpenAI, options: { signal: AbortSignal }) => Promise<unknown>,
  ): Promise<void> => {
    try {
      const client = connectOpenAI(account, outputLimits({ maxOutputTokens: 0, instructions: '' }), options)
      await call(client, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    } catch (error) {
      throw toCodedOpenAIError(error)
    }
  }

  return {
    checkAddress: (baseUrl) => options.egress.check(baseUrl),
    // As a turn asks: what works here works there.
    async ask(account, model) {
      const call = {
        ...account,
        model,
        instructions: '',
        input: [{ type: 'text' as const, role: 'user' as const, text: 'Say OK.' }],
        temperature: null,
        reasoningEffort: null,
        tools: [],
        maxHostedCalls: 0,
        maxOutputTokens: TEST_OUTPUT_TOKENS,
        showsReasoning: false,
        promptCacheKey: 'loacl-test',
        safetyIdentifier: 'loacl-test',
      }
      let isAnswered = false
      for await (const event of models.stream(call, AbortSignal.timeout(TIMEOUT_MS))) {
        if (event.type !== 'end') continue
        if (event.end.state === 'failed') throw event.end.error
        isAnswered = true
      }
      if (!isAnswered) throw turnError('model_unavailable')
    },
    deleteFile: (account, id) =>
      attempt(account, (client, signal) => client.files.delete(id, signal).catch(ignoreGone)),
    deleteVectorStore: (account, id) =>
      attempt(account, (client, signal) => client.vectorStores.delete(id, signal).catch(ignoreGone)),
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof APIError && error.status === 404)) throw error
}
