import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readProjectConfig } from './config.ts'
import { startDataApi } from './data_api.ts'
import { createGateway } from './gateway.ts'
import { loadKeys } from './keys.ts'
import { Parts } from './parts.ts'
import { findPort, HOST, listen, type PortWish } from './ports.ts'
import { clusterHome, copyCluster, hasCluster, startCluster } from './postgres.ts'
import { pushMigrations, ROOT } from './supabase_cli.ts'
import { prepareTemplate } from './template.ts'

export interface StackOptions {
  /** Where data and keys are kept. Left out: a throw-away folder, removed by `stop()`. */
  dataDir?: string
  /** Left out: any free port. */
  ports?: { api?: PortWish; db?: PortWish; site?: PortWish; widget?: PortWish; model?: PortWish }
  /** Of the repository: `supabase/migrations` and `supabase/config.toml` are read there. */
  root?: string
  /** Begins anew: data and keys in `dataDir` are removed first. */
  reset?: boolean
  log?: (line: string) => void
}

export interface Stack {
  apiUrl: string
  publishableKey: string
  secretKey: string
  /** As `postgres`, the owner of the database. */
  dbUrl: string
  stop(): Promise<void>
}

/**
 * Starts a local Supabase. Several may run at once.
 * @throws PartError, PortBusyError
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { root = ROOT, ports = {}, log = () => {} } = options
  const throwaway = options.dataDir === undefined
  const dataDir = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'loacl-')) : resolve(options.dataDir)
  const [cacheDir, clusters] = await Promise.all([
    clusterHome(join(ROOT, 'node_modules', '.cache', 'loacl')),
    clusterHome(dataDir),
  ])
  const pgDir = join(clusters, 'postgres')
  const parts = new Parts()
  if (options.reset) for (const dir of [pgDir, dataDir]) rmSync(dir, { recursive: true, force: true })
  mkdirSync(dataDir, { recursive: true })
  if (throwaway) for (const dir of [pgDir, dataDir]) parts.removeLater(dir)
  const config = readProjectConfig(root)
  const keys = await loadKeys(dataDir)

  const gateway = createGateway()
  const busy = (what: string) => (port: number) => log(`Port ${port} (${what}) is in use; trying the next one.`)
  const apiPort = await listen(gateway.server, 'API', ports.api, busy('API'))

  if (hasCluster(pgDir)) {
    // Started below; migrations are pushed there.
  } else {
    const template = await prepareTemplate(root, cacheDir)
    await copyCluster(template.dir, pgDir)
  }
  const dbPort = await findPort('PostgreSQL', ports.db, busy('PostgreSQL'))
  const cluster = await startCluster(parts, pgDir, { port: dbPort, durable: !throwaway })
  if (!throwaway) await pushMigrations(cluster.url, root)

  const api = await startDataApi({
    adminUrl: cluster.adminUrl,
    keys,
    schemas: config.schemas,
    filesDir: join(dataDir, 'storage'),
    siteUrl: `http://${HOST}:5173`,
  })
  gateway.open(api, () => Promise.resolve(null))

  return {
    apiUrl: `http://${HOST}:${apiPort}`,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    dbUrl: cluster.url,
    stop: async () => {
      await gateway.close()
      await api.stop()
      await parts.stop()
      if (throwaway) for (const dir of [pgDir, dataDir]) rmSync(dir, { recursive: true, force: true })
    },
  }
}
