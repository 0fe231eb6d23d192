// `npm start`: the stack in a terminal.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ProjectSetupError } from '@loacl/setup'
import { DataFolderError } from './data_folder.ts'
import { describeStack } from './describe_stack.ts'
import { PartError } from './parts.ts'
import { PortBusyError, type PortRequest } from './ports.ts'
import { startStack } from './stack.ts'
import type { Stack, StackOptions } from './stack_types.ts'
import { ROOT } from './supabase_cli.ts'
import { refreshTypes } from './types_file.ts'

const HELP = `Starts a Supabase project with LOACL in it, on this machine.

  npm start                     starts, on the data of last time
  npm start -- --reset          begins anew: removes what LOACL has written there

  --api-port N  --db-port N  --site-port N  --widget-port N  --model-port N
                                this very port (also LOACL_API_PORT and so on); without one, the usual or the next free one
  --workers N                   processes of each function, which take requests in turn; without it, one
  --data-dir DIR                where data is kept (also LOACL_DATA_DIR); without one, .loacl

  OPENAI_API_KEY                calls that model provider; without one, a mock model answers
  OPENAI_BASE_URL               any provider that speaks OpenAI's Responses API
  LOACL_MODEL                   name of the model
`

const PORTS = { api: 54_321, db: 54_322, site: 5_173, widget: 5_174, model: 4_010 } as const
type PortName = keyof typeof PORTS
/** What functions may be given from outside. */
const PASSED_ON = ['LOACL_TURN_DEADLINE_MS', 'LOACL_MAX_TURNS', 'LOACL_ADDRESS_HEADER', 'LOACL_PRIVATE_HOSTS']

type CliOptions = StackOptions & Required<Pick<StackOptions, 'dataDir' | 'onStep'>>

class UsageError extends Error {
  override name = 'UsageError' as const
}

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`
const say = (line: string): void => void process.stdout.write(`${line}\n`)

function readOptions(args: string[], env: NodeJS.ProcessEnv): CliOptions | null {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h' },
      reset: { type: 'boolean' },
      'data-dir': { type: 'string' },
      workers: { type: 'string' },
      'api-port': { type: 'string' },
      'db-port': { type: 'string' },
      'site-port': { type: 'string' },
      'widget-port': { type: 'string' },
      'model-port': { type: 'string' },
    },
  })
  if (values.help) return null
  const port = (name: PortName): PortRequest => {
    const asked = values[`${name}-port`] ?? env[`LOACL_${name.toUpperCase()}_PORT`]
    if (!asked) return { near: PORTS[name], avoid: Object.values(PORTS) }
    const number = Number(asked)
    if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new UsageError(`"${asked}" is no port.`)
    return number
  }
  const workers = Number(values.workers ?? 1)
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= 16))
    throw new UsageError(`--workers takes a number from 1 to 16, not "${values.workers}".`)
  const given = PASSED_ON.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []))
  return {
    dataDir: values['data-dir'] ?? env.LOACL_DATA_DIR ?? join(ROOT, '.loacl'),
    reset: values.reset ?? false,
    ports: { api: port('api'), db: port('db'), site: port('site'), widget: port('widget'), model: port('model') },
    env: Object.fromEntries(given),
    watch: true,
    demoTools: true,
    workers,
    ...(env.OPENAI_API_KEY ? { apiKey: env.OPENAI_API_KEY } : {}),
    ...(env.OPENAI_BASE_URL ? { modelUrl: env.OPENAI_BASE_URL } : {}),
    ...(env.LOACL_MODEL ? { model: env.LOACL_MODEL } : {}),
    log: say,
    onStep: (name) => {
      const began = Date.now()
      const slowNotice = setTimeout(() => say(`… ${name}`), 1_000)
      return () => {
        clearTimeout(slowNotice)
        say(`✓ ${name} (${seconds(began)})`)
      }
    },
  }
}

/** Ends with the message alone where it says all: a stack trace helps with mistakes of ours, not with a taken port. */
function explain(error: unknown): string {
  const plain = [PartError, PortBusyError, DataFolderError, ProjectSetupError, UsageError].some(
    (kind) => error instanceof kind,
  )
  if (plain || (error instanceof TypeError && 'code' in error)) return (error as Error).message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function main(): Promise<number> {
  const began = Date.now()
  const options = readOptions(process.argv.slice(2), process.env)
  if (!options) {
    say(HELP)
    return 0
  }
  let stack: Stack | null = null
  let askedAt = 0
  const asked = new Promise<void>((resolve) => {
    const stop = (): void => {
      const now = Date.now()
      // Before it is up there is nothing to stop in order: the guard ends what has started. The same goes for somebody
      // who asks again; one Ctrl-C may arrive twice, from the terminal and through npm.
      if (!stack || (askedAt > 0 && now - askedAt > 1_000)) process.exit(130)
      if (askedAt === 0) say('\nStopping…')
      askedAt ||= now
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    // The script that started this one has gone.
    process.on('disconnect', stop)
  })

  stack = await startStack(options)
  await refreshTypes(stack.dbUrl, options.dataDir, options.onStep)
  say(`\nLOACL is up after ${seconds(began)}.\n\n${describeStack(stack, options.dataDir)}`)

  const crash = await Promise.race([asked.then(() => null), stack.crashed])
  if (crash) say(`\n${crash.message}\nStopping the rest…`)
  await stack.stop()
  say('Stopped.')
  return crash ? 1 : 0
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`)
    process.exit(1)
  },
)
