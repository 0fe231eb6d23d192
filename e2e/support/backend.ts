import { addChatCompletions, startStack } from '@loacl/local'
import { createReplies, startMockModel } from '@loacl/mock-model'
import postgres from 'postgres'
import { Owner } from './owner.ts'
import { startSite } from './site.ts'
import { type Target } from './target.ts'

export interface Backend {
  target: Target
  stop(): Promise<void>
}

/** A local stack with a scripted model, the test pages, and an assistant that any of them may use. */
export async function startLocalBackend(): Promise<Backend> {
  const model = await startMockModel(createReplies())
  const stack = await startStack({ modelUrl: model.url, apiKey: 'sk-scripted' })
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} })
  await addChatCompletions(stack, sql, model.url)
  await sql.end()
  const owner = new Owner(stack.dbUrl, stack.assistantId)
  const assistantId = await owner.addAssistant({
    name: `Harbour Cycles`,
    greeting: 'Hello from the quay! Ask about **bicycles**, repairs or rentals.',
    questions: ['Do you rent bicycles?', 'When are you open?', 'Can you true my wheel?'],
  })
  await owner.leave()
  const { stop: stopSite, ...site } = await startSite()
  return {
    target: {
      ...site,
      url: stack.apiUrl,
      key: stack.publishableKey,
      assistantId,
      local: {
        dbUrl: stack.dbUrl,
        modelControlUrl: new URL(model.url).origin,
        owner: { email: stack.ownerEmail, password: stack.ownerPassword },
      },
    },
    async stop() {
      stopSite()
      await stack.stop()
      model.stop()
    },
  }
}

/** The project that the environment names, or `null`. It is used as it is. */
export async function useOwnProject(): Promise<Backend | null> {
  const { LOACL_E2E_URL: url, LOACL_E2E_KEY: key, LOACL_E2E_ASSISTANT: assistantId } = process.env
  if (url === undefined) return null
  if (!key || !assistantId)
    throw new Error(
      'LOACL_E2E_URL needs LOACL_E2E_KEY (its publishable key) and LOACL_E2E_ASSISTANT (an id) beside it.',
    )
  const { stop, ...site } = await startSite()
  return { target: { ...site, url, key, assistantId, local: null }, stop: () => Promise.resolve(stop()) }
}
