import { startStack } from '@loacl/local'
import { startModelServer } from './model_server.ts'
import { startSite } from './site.ts'
import { publishTarget, type Target } from './target.ts'

type Backend = Omit<Target, 'pagesOrigin' | 'assetsOrigin'> & { stop(): Promise<void> }

function readOwnProject(): Backend | null {
  const { LOACL_E2E_URL: url, LOACL_E2E_KEY: key, LOACL_E2E_ASSISTANT: assistantId } = process.env
  if (url === undefined) return null
  if (!key || !assistantId)
    throw new Error(
      'LOACL_E2E_URL needs LOACL_E2E_KEY (its publishable key) and LOACL_E2E_ASSISTANT (an id) beside it.',
    )
  return { url, key, assistantId, local: null, stop: () => Promise.resolve() }
}

async function startLocal(): Promise<Backend> {
  const model = await startModelServer()
  const stack = await startStack({ modelUrl: `${model.url}/v1`, apiKey: 'sk-scripted' })
  return {
    url: stack.apiUrl,
    key: stack.publishableKey,
    assistantId: stack.assistantId,
    local: { dbUrl: stack.dbUrl, modelControlUrl: model.url },
    async stop() {
      await stack.stop()
      model.stop()
    },
  }
}

/** Starts what the browser tests talk to, and returns what stops it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const { stop, ...backend } = readOwnProject() ?? (await startLocal())
  const { stop: stopSite, ...site } = await startSite()
  publishTarget({ ...backend, ...site })
  return async () => {
    await stopSite()
    await stop()
  }
}
