import { addChatCompletions, startStack, type Stack, type StackOptions } from '@loacl/local'
import type { Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createAssistant, type Assistant, type NewAssistant } from './assistant.ts'
import { startClientProxy } from './client_proxy.ts'
import { installClocks } from './clock.ts'
import { startDataApiProxy } from './data_api_proxy.ts'
import { DEADLINE_MS } from './limits.ts'
import { startModel, type Model } from './model.ts'
import { startShop, type Shop } from './shop.ts'
import { Traces, type Trace } from './trace.ts'

const CHAT = 'loacl-chat'

export interface World {
  stack: Stack
  /** As the superuser. */
  sql: postgres.Sql
  model: Model
  shop: Shop
  traces: Traces
  /** What visitors' clients go through. */
  clientUrl: string
  /** By visitor: the turn that is under way. */
  current: Map<string, Trace>
  /** Settle when what struck everybody is over. */
  recoveries: Promise<unknown>[]
  /** What broke by itself: lines that say so. */
  breakdowns: string[]
  /** Resolves when the stack's process would have ended: it threw where nobody catches it. */
  died: Promise<void>
  readonly hasDied: boolean
  createAssistant(assistant: NewAssistant): Promise<Assistant>
  /** Ends a process of the function at once. Resolves when the stack has noticed. */
  kill(worker: number): Promise<void>
  signal(worker: number, name: NodeJS.Signals): void
  /** Has what is due deleted in Storage, as a scheduler does. */
  drain(): Promise<void>
  stop(): Promise<void>
}

const MOST_STOPPED_MS = 10_000
const JUMPING_CLOCK = fileURLToPath(new URL('./jumping_clock.js', import.meta.url))

/** A stack with two processes of each function, and with proxies and a model that see, hold and lose what passes. */
export async function startWorld(options: StackOptions = {}): Promise<World> {
  installClocks()
  const traces = new Traces()
  const current: World['current'] = new Map()
  const breakdowns: string[] = []
  const { promise: died, resolve: die } = Promise.withResolvers<void>()
  let isStopped = false
  // One that has died throws on for a while.
  process.on('uncaughtException', (error) => {
    if (isStopped) return
    breakdowns.push(`stack: ${error.message}`)
    die()
  })
  const model = await startModel(traces)
  const shop = await startShop(traces)
  let apiUrl = ''
  const dataApi = await startDataApiProxy(() => apiUrl, traces)
  const clients = await startClientProxy(
    () => apiUrl,
    traces,
    (visitor) => current.get(visitor) ?? null,
  )
  const stack = await startStack({
    apiKey: 'sk-mock-model',
    modelUrl: model.url,
    workers: 2,
    workerEnv: (worker) => ({
      SUPABASE_URL: `${dataApi.url}/${worker}`,
      LOACL_TURN_DEADLINE_MS: String(DEADLINE_MS),
      LOACL_PRIVATE_HOSTS: `${new URL(model.url).host},${shop.host}`,
    }),
    preload: [JUMPING_CLOCK],
    log: (line) => {
      if (/ended with code|could not start/.test(line)) breakdowns.push(line)
    },
    ...options,
  })
  apiUrl = stack.apiUrl
  const sql = postgres(Object.assign(new URL(stack.dbUrl), { username: 'supabase_admin' }).href, {
    max: 4,
    onnotice: () => {},
    connection: { application_name: 'loacl-faults' },
  })
  await addChatCompletions(stack, sql, model.url)
  let draining = Promise.resolve()
  const pids = () => stack.functionPids(CHAT)

  return {
    stack,
    sql,
    model,
    shop,
    traces,
    clientUrl: clients.url,
    current,
    recoveries: [],
    breakdowns,
    died,
    get hasDied() {
      return breakdowns.some((line) => line.startsWith('stack: '))
    },
    createAssistant: (assistant) => createAssistant(stack, sql, assistant, shop.url),
    async kill(worker) {
      const pid = pids()[worker]
      if (typeof pid !== 'number') return
      process.kill(pid, 'SIGKILL')
      while (pids()[worker] === pid) await delay(5)
    },
    signal(worker, name) {
      const pid = pids()[worker]
      if (typeof pid === 'number') process.kill(pid, name)
    },
    drain: () => (draining = draining.then(() => drain(stack))),
    async stop() {
      isStopped = true
      for (const server of [dataApi.server, clients.server, shop.server]) close(server)
      model.stop()
      // One that has died can't stop in order, nor does its database answer: its guard ends what it started.
      const stopping = Promise.all([sql.end({ timeout: 1 }), stack.stop()])
      await Promise.race([stopping, delay(MOST_STOPPED_MS)])
    },
  }
}

const MOST_DRAINS = 50

async function drain({ apiUrl, secretKey }: Stack): Promise<void> {
  for (let tries = 0; tries < MOST_DRAINS; tries++) {
    const response = await fetch(`${apiUrl}/functions/v1/loacl-admin/maintenance/drain`, {
      method: 'POST',
      headers: { apikey: secretKey, authorization: `Bearer ${secretKey}` },
    })
    if (response.ok && ((await response.json()) as { isDone: boolean }).isDone) return
    await delay(100)
  }
  throw new Error('The queue of deletions is never empty.')
}

function close(server: Server): void {
  server.close()
  server.closeAllConnections()
}
