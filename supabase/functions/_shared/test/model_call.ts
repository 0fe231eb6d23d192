import type { ModelCall } from '../domain/model.ts'

/** A question as an adapter gets it. */
export const CALL: ModelCall = {
  wireFormat: 'openai',
  configId: 'config',
  apiKey: 'sk-live-123',
  baseUrl: 'https://models.example/v1',
  model: 'gpt-6-luna',
  instructions: 'Be kind.',
  input: [{ type: 'text', role: 'user', text: 'Hello' }],
  temperature: null,
  reasoningEffort: null,
  maxOutputTokens: 2_000,
  tools: [],
  maxHostedCalls: 4,
  showsReasoning: false,
  promptCacheKey: 'thread',
  safetyIdentifier: 'hash',
}
