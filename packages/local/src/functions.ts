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

function denoArguments(dir: string, name: string): string[] {
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
    `--preload=${HOST_SCRIPT}`,
    join(home, 'index.ts'),
  ]
}

/** Runs each function in `dir` under Deno. One that ends by itself is started again by the next request. */
export function startFunctions(parts: Parts, options: FunctionsOptions): Functions {
  const { dir, log } = options
  const workers = new Map<string, Worker>()
  const deno = findDeno()
  const env = {
    ...inheritedEnvironment(),
    DENO_NO_PACKAGE_JSON: '1',
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
    ...options.env,
  }

  const start = (name: string): Worker => {
    const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome>()
    let listened = false
    const part = parts.start(`function ${name}`, deno, denoArguments(dir, name), {
      env,
      cwd: dir,
      onLine: (line) => {
        if (!line.startsWith(LISTENS)) return log(`[${name}] ${line}`)
        listened = true
        settle({ port: Number(line.slice(LISTENS.length)) })
      },
      onCrash: (how, wasKilled) => {
        // One that had started, or that somebody ended, is started again by the next request; one that can't start waits for
        // a change.
        const startsAgain = (listened || wasKilled) && workers.get(name)?.part === part
        if (startsAgain) workers.delete(name)
        log(`[${name}] The function ${how}.${startsAgain ? ' It starts again at the next request.' : ''}`)
        settle({ problem: `The function "${name}" ${how}.\n${part.lines().join('\n')}` })
      },
    })
    const worker = { part, outcome }
    workers.set(name, worker)
    return worker
  }

  const names = listFunctions(dir)
  for (const name of names) start(name)

  const reload = async (): Promise<void> => {
    const before = [...workers.values()]
    const started = listFunctions(dir).map(start)
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
      let result = await (workers.get(name) ?? start(name)).outcome
      // It was ended while it started.
      if ('problem' in result && !workers.has(name)) result = await start(name).outcome
      return 'port' in result ? result : { status: 503, problem: result.problem }
    },
    ready: async () => {
      await Promise.all([...workers.values()].map((worker) => worker.outcome))
    },
    stop: async () => {
      for (const watcher of watchers) watcher.close()
      await Promise.all([...workers.values()].map((worker) => worker.part.stop()))
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
