import { existsSync, watch, type FSWatcher } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listFunctions } from './config.ts'
import type { FindFunction } from './gateway.ts'
import { inheritedEnvironment } from './inherited_environment.ts'
import type { Part, Parts } from './parts.ts'
import { ROOT } from './supabase_cli.ts'

export interface FunctionsOptions {
  /** Has a folder for each function, with an `index.ts` and usually a `deno.json`. */
  dir: string
  /** What functions find in their environment, as on hosted Supabase. */
  env: Readonly<Record<string, string>>
  /** How many processes each function has: they take requests in turn. Left out: one. */
  workers?: number | undefined
  /** More of the environment of one of them, counted from 0. */
  workerEnv?: ((worker: number) => Readonly<Record<string, string>>) | undefined
  /** Scripts that Deno runs before a function. */
  preload?: readonly string[] | undefined
  verifiesJwt(name: string): boolean
  /** Folders whose changes restart every function. Left out: none does. */
  watched?: readonly string[]
  log(line: string): void
}

export interface Functions {
  find: FindFunction
  readonly names: readonly string[]
  /** Resolves when each function listens, or has failed to. */
  ready(): Promise<void>
  /** The process ids of a function, `null` in the place of one that has ended and is not started again yet. */
  pids(name: string): readonly (number | null)[]
  stop(): Promise<void>
}

type Outcome = { port: number } | { problem: string }
interface Worker {
  part: Part
  outcome: Promise<Outcome>
}

const HOST_SCRIPT = fileURLToPath(new URL('./function_host.js', import.meta.url))
const LISTENS = 'loacl-function-listens:'
/** As a hosted worker has, in megabytes. */
const MEMORY_LIMIT = 256
/** No function runs these. */
const IGNORED = /(\.test|database\.types)\.ts$|node_modules/
/** A save often touches several files. */
const SETTLE_MS = 150

function findDeno(): string {
  const manifest = createRequire(join(ROOT, 'package.json')).resolve('deno/package.json')
  const program = join(dirname(manifest), process.platform === 'win32' ? 'deno.exe' : 'deno')
  if (existsSync(program)) return program
  // Where the package's own install script was not run.
  const load = createRequire(manifest)
  return (load('./install_api.cjs') as { runInstall(): string }).runInstall()
}

function denoArguments(dir: string, name: string, preload: readonly string[]): string[] {
  const home = join(dir, name)
  const config = ['deno.json', 'deno.jsonc'].map((file) => join(home, file)).find(existsSync)
  const lock = join(home, 'deno.lock')
  return [
    'run',
    '--quiet',
    '--no-prompt',
    '--allow-net',
    '--allow-env',
    '--allow-sys',
    `--allow-read=${dir}`,
    '--node-modules-dir=none',
    `--v8-flags=--max-old-space-size=${MEMORY_LIMIT}`,
    ...(config ? [`--config=${config}`] : ['--no-config']),
    ...(existsSync(lock) ? [`--lock=${lock}`, '--frozen'] : ['--no-lock']),
    ...[HOST_SCRIPT, ...preload].map((script) => `--preload=${script}`),
    join(home, 'index.ts'),
  ]
}

/** Runs each function in `dir` under Deno. A process that ends by itself is started again by the next request to it. */
export function startFunctions(parts: Parts, options: FunctionsOptions): Functions {
  const { dir, log, workers: size = 1, preload = [] } = options
  /** By function: its processes, `null` for one that has ended, and whose turn it is. */
  const pools = new Map<string, { workers: (Worker | null)[]; next: number }>()
  const deno = findDeno()
  const env = (worker: number) => ({
    ...inheritedEnvironment(),
    DENO_NO_PACKAGE_JSON: '1',
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
    ...options.env,
    ...options.workerEnv?.(worker),
  })

  const poolOf = (name: string) => {
    const pool = pools.get(name) ?? { workers: Array.from({ length: size }, () => null), next: 0 }
    pools.set(name, pool)
    return pool
  }

  const start = (name: string, place: number): Worker => {
    const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome>()
    const { workers } = poolOf(name)
    let listened = false
    const part = parts.start(`function ${name}`, deno, denoArguments(dir, name, preload), {
      env: env(place),
      cwd: dir,
      onLine: (line) => {
        if (!line.startsWith(LISTENS)) return log(`[${name}] ${line}`)
        listened = true
        settle({ port: Number(line.slice(LISTENS.length)) })
      },
      onCrash: (how, wasKilled) => {
        // One that had started, or that somebody ended, is started again by the next request; one that can't start waits for
        // a change.
        const startsAgain = (listened || wasKilled) && workers[place]?.part === part
        if (startsAgain) workers[place] = null
        log(`[${name}] The function ${how}.${startsAgain ? ' It starts again at the next request.' : ''}`)
        settle({ problem: `The function "${name}" ${how}.\n${part.lines().join('\n')}` })
      },
    })
    const worker = { part, outcome }
    workers[place] = worker
    return worker
  }
  const startAll = (name: string): Worker[] => poolOf(name).workers.map((_, place) => start(name, place))
  const running = (): Worker[] =>
    [...pools.values()].flatMap(({ workers }) => workers.filter((worker) => worker !== null))

  const names = listFunctions(dir)
  for (const name of names) startAll(name)

  const reload = async (): Promise<void> => {
    const before = running()
    const started = listFunctions(dir).flatMap(startAll)
    await Promise.all(started.map((worker) => worker.outcome))
    log('Functions reloaded.')
    await Promise.all(before.map((worker) => worker.part.stop()))
  }
  const watchers = watchFolders(options.watched ?? [], () => void reload())

  return {
    names,
    find: async (name) => {
      if (!/^[a-z0-9][\w-]*$/i.test(name) || !existsSync(join(dir, name, 'index.ts'))) return null
      if (options.verifiesJwt(name))
        return {
          status: 401,
          problem: `config.toml lacks "verify_jwt = false" under [functions.${name}]: hosted Supabase would refuse publishable keys.`,
        }
      const pool = poolOf(name)
      const place = pool.next++ % pool.workers.length
      let result = await (pool.workers[place] ?? start(name, place)).outcome
      // It was ended while it started.
      if ('problem' in result && pool.workers[place] === null) result = await start(name, place).outcome
      return 'port' in result ? result : { status: 503, problem: result.problem }
    },
    ready: async () => {
      await Promise.all(running().map((worker) => worker.outcome))
    },
    pids: (name) => poolOf(name).workers.map((worker) => worker?.part.pid ?? null),
    stop: async () => {
      for (const watcher of watchers) watcher.close()
      await Promise.all(running().map((worker) => worker.part.stop()))
    },
  }
}

function watchFolders(folders: readonly string[], onChange: () => void): FSWatcher[] {
  let timer: NodeJS.Timeout | undefined
  return folders.filter(existsSync).map((folder) =>
    watch(folder, { recursive: true }, (_event, file) => {
      if (file === null || !/\.(ts|js|json)$/.test(file) || IGNORED.test(file)) return
      clearTimeout(timer)
      timer = setTimeout(onChange, SETTLE_MS)
    }),
  )
}
