import type { Server } from 'node:http'
import { join } from 'node:path'
import { setUpProject } from '@loacl/setup'
import { readProjectConfig } from './config.ts'
import { INFO_FILE, makeThrowawayFolder, openDataFolder, removeTree, type DataFolder } from './data_folder.ts'
import { startDatabase } from './database.ts'
import { DEMO_ASSISTANT, DEMO_EXTRAS, DEMO_OWNER_EMAIL } from './demo.ts'
import { startDemoServers, type DemoServers } from './demo_servers.ts'
import { setUpDemoTools } from './demo_tools.ts'
import { startFunctions } from './functions.ts'
import { createGateway } from './gateway.ts'
import { startInterruptibleApi } from './interruptible_api.ts'
import { loadKeys, type Keys } from './keys.ts'
import { localUrl, OPENAI_URL, startModelProvider, type ModelProvider } from './model_provider.ts'
import { PartError, Parts } from './parts.ts'
import { closeServer, listen, reservePort, type PortRequest } from './ports.ts'
import { clearStaleLock, clusterUrl } from './postgres.ts'
import { replaceFile } from './replace_file.ts'
import { createSite, fillPage, type PageValues } from './site.ts'
import type { Stack, StackInfo, StackOptions } from './stack_types.ts'
import { ROOT } from './supabase_cli.ts'

/**
 * Starts a local Supabase with LOACL in it. Several may run at once. Where it can't start, what had started is stopped.
 *
 * @throws PartError where a part did not start, with its last lines
 * @throws PortBusyError where a port was asked for that is taken
 * @throws DataFolderError where `dataDir` holds what is not LOACL's, or its keys are broken
 * @example
 * const stack = await startStack()
 * const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/open_session`, {
 *   method: 'POST',
 *   headers: { apikey: stack.publishableKey, 'content-profile': 'loacl', 'content-type': 'application/json' },
 *   body: JSON.stringify({ assistant_id: stack.assistantId }),
 * })
 * await stack.stop()
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const closing: (() => unknown)[] = []
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      // What was started last is stopped first.
      for (const close of closing.toReversed()) await close()
    })())
  try {
    return await assemble(options, (close) => closing.push(close), stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function assemble(
  options: StackOptions,
  onStop: (close: () => unknown) => void,
  stop: () => Promise<void>,
): Promise<Stack> {
  const { root = ROOT, ports = {}, log = () => {}, onStep = () => () => {} } = options
  const throwaway = options.dataDir === undefined
  const busy = (what: string) => (port: number) => log(`Port ${port} (${what}) is in use, trying the next one.`)
  const config = readProjectConfig(root)
  const parts = new Parts()
  onStop(() => parts.stop())
  const crashed = new Promise<PartError>((settle) => {
    parts.onCrash = (part, how) => settle(new PartError(part.name, `${part.name} ${how}.`, part.lines()))
  })
  const folder = await prepareFolder(options, parts, onStop)
  const { dir: dataDir, pgDir } = folder

  // Addresses first: the parts are told each other's.
  const open = async (what: string, server: Server, requested: PortRequest): Promise<string> => {
    const port = await listen(server, what, requested, busy(what))
    onStop(() => closeServer(server))
    return localUrl(port)
  }
  const gateway = createGateway()
  const apiUrl = await open('API', gateway.server, ports.api)
  const widgetDir = options.widgetDir ?? join(root, 'packages', 'widget', 'dist')
  const missing = 'The widget is not built: run "npm start", or "vite build" in packages/widget.'
  const widgetUrl = await open('widget', createSite({ dir: widgetDir, anyOrigin: true, missing }), ports.widget)
  let values: PageValues | undefined
  const siteDir = options.siteDir ?? join(root, 'examples', 'script-tag')
  const siteUrl = await open(
    'demo site',
    createSite({ dir: siteDir, transform: (html) => (values ? fillPage(html, values) : html) }),
    ports.site,
  )

  const provider = await startModelProvider({
    apiKey: options.apiKey,
    modelUrl: options.modelUrl,
    port: ports.model,
    pace: options.pace ?? (throwaway ? 'quick' : 'natural'),
    onBusy: busy('mock model'),
  })
  onStop(() => provider.mockModel?.stop())

  const { port: dbPort, release } = await reservePort('PostgreSQL', ports.db, busy('PostgreSQL'))
  onStop(release)
  const dbUrl = clusterUrl('postgres', dbPort)

  // Only once every port is found: a start that fails for a taken port must not have removed anything.
  if (options.reset) await folder.clear()
  const keys = await loadKeys(dataDir)

  const demoServers = options.demoTools ? await startDemoServers(parts, keys) : null

  const functionsDir = options.functionsDir ?? join(root, 'supabase', 'functions')
  const functionsStarted = onStep('Functions')
  const functions = startFunctions(parts, {
    dir: functionsDir,
    env: {
      ...functionEnvironment(apiUrl, dbUrl, keys),
      ...options.env,
      LOACL_PRIVATE_HOSTS: joinHosts(provider, demoServers, options.env),
    },
    workers: options.workers,
    workerEnv: options.workerEnv,
    preload: options.preload,
    verifiesJwt: (name) => config.verifiesJwt(name),
    log,
    ...(options.watch
      ? { watched: [functionsDir, ...['wire', 'sealing'].map((name) => join(root, 'packages', name, 'src'))] }
      : {}),
  })
  const functionsReady = functions.ready().then(functionsStarted)

  const database = await startDatabase(parts, {
    root,
    dir: pgDir,
    port: dbPort,
    durable: !throwaway,
    onStep,
    onPortNeeded: release,
  })
  onStop(database.stop)
  const apiStarted = onStep('Data API, Auth and Storage')
  const api = await startInterruptibleApi({
    adminUrl: clusterUrl('supabase_admin', dbPort),
    keys,
    schemas: config.schemas,
    filesDir: join(dataDir, 'storage'),
    siteUrl,
  })
  onStop(() => api.stop())
  gateway.open(api, functions.find)
  onStop(() => functions.stop())
  apiStarted()

  const seeded = onStep('Demo assistant')
  await signUpOwner(apiUrl, keys)
  const { ownerId, assistantId } = await setUpProject(dbUrl, keys.encryptionKeys, {
    ownerEmail: DEMO_OWNER_EMAIL,
    assistant: {
      ...DEMO_ASSISTANT,
      ...(demoServers ? DEMO_EXTRAS : {}),
      ...(options.model ? { model: options.model } : {}),
      ...(options.demoOrigins ? { addedOrigins: options.demoOrigins } : {}),
    },
    provider: { apiKey: provider.apiKey, baseUrl: provider.baseUrl },
  })
  const { publishableKey, secretKey } = keys
  const isMockModel = provider.mockModel !== null
  if (demoServers) {
    const { encryptionKeys } = keys
    await setUpDemoTools(dbUrl, { ownerId, assistantId, encryptionKeys, servers: demoServers, isMockModel })
    await demoServers.ready
  }
  values = { widgetUrl, apiUrl, publishableKey, assistantId, mockModel: isMockModel }
  seeded()
  await functionsReady

  const info: StackInfo = {
    apiUrl,
    publishableKey,
    secretKey,
    dbUrl,
    siteUrl,
    widgetUrl,
    modelUrl: provider.baseUrl ?? OPENAI_URL,
    assistantId,
    ownerEmail: DEMO_OWNER_EMAIL,
    ownerPassword: keys.ownerPassword,
  }
  replaceFile(join(dataDir, INFO_FILE), `${JSON.stringify(info, null, 2)}\n`)
  return {
    ...info,
    info,
    isMockModel,
    toolServers: demoServers && { ordersUrl: demoServers.ordersUrl, partsUrl: demoServers.partsUrl },
    modelRequests: () => [...(provider.mockModel?.calls ?? []), ...(provider.mockModel?.structuredCalls ?? [])],
    encryptionKeys: keys.encryptionKeys,
    jwtSecret: keys.jwtSecret,
    functionPids: functions.pids,
    stopDatabase: async () => {
      await api.disconnect()
      await database.stop()
    },
    startDatabase: async () => {
      await database.start()
      await api.connect()
    },
    crashed,
    stop,
  }
}

/** Data in a folder that was asked for stays, and can be cleared; else it is thrown away at the end. */
async function prepareFolder(
  { dataDir, reset = false }: StackOptions,
  parts: Parts,
  onStop: (close: () => unknown) => void,
): Promise<DataFolder> {
  if (dataDir !== undefined) {
    const folder = await openDataFolder(dataDir, reset)
    // Before ports are searched, so that the first complaint is that LOACL runs already, not that its ports are taken.
    await clearStaleLock(folder.pgDir)
    return folder
  }
  const { folders, ...folder } = await makeThrowawayFolder()
  for (const path of folders) parts.removeLater(path)
  onStop(() => folders.forEach(removeTree))
  return { ...folder, clear: () => Promise.resolve() }
}

/** The environment of hosted functions, and LOACL's own secrets. */
function functionEnvironment(apiUrl: string, dbUrl: string, keys: Keys): Record<string, string> {
  return {
    SUPABASE_URL: apiUrl,
    SUPABASE_DB_URL: dbUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    // Auth signs with a secret here, so there is no public key to show.
    SUPABASE_JWKS: JSON.stringify({ keys: [] }),
    LOACL_ENCRYPTION_KEYS: keys.encryptionKeys,
  }
}

/** The stack's own, and those that were given. */
const joinHosts = (provider: ModelProvider, demoServers: DemoServers | null, env: StackOptions['env']): string =>
  [provider.privateHosts, ...(demoServers?.privateHosts ?? []), env?.['LOACL_PRIVATE_HOSTS']].filter(Boolean).join()

/** By Auth's own road, so that the demo owner can sign in like anyone. A second time, the account is there already. */
async function signUpOwner(apiUrl: string, keys: Keys): Promise<void> {
  const response = await fetch(`${apiUrl}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: keys.publishableKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: DEMO_OWNER_EMAIL, password: keys.ownerPassword }),
  })
  const text = await response.text()
  if (!response.ok && !text.includes('user_already_exists'))
    throw new PartError('Auth', `The demo owner could not be signed up: ${text}`)
}
