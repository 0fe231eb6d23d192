import type { Pace } from '@loacl/mock-model'
import type { PartError } from './parts.ts'
import type { PortRequest } from './ports.ts'

export interface StackOptions {
  /** Where data and keys are kept. Left out: a throw-away folder, removed by `stop()`. */
  dataDir?: string
  /** A number is that very port, or an error; `{ near }` is that port or else the next free one; left out: any. */
  ports?: { api?: PortRequest; db?: PortRequest; site?: PortRequest; widget?: PortRequest; model?: PortRequest }
  /** The model provider's base URL. Left out: OpenAI's own where there is an `apiKey`, else the mock model's. */
  modelUrl?: string
  /** The model provider's key. */
  apiKey?: string
  /** Name of the demo assistant's model. */
  model?: string
  /** Pages that may use the demo assistant, beside those that may already. Left out: those of this machine. */
  demoOrigins?: readonly string[]
  /** Gives the demo assistant tools of each kind, and starts the servers that they call. */
  demoTools?: boolean
  /** How fast the mock model streams. Left out: `quick` with throw-away data, else `natural`. */
  pace?: Pace
  /** Begins anew: data and keys in `dataDir` are removed first, other files stay. */
  reset?: boolean
  /** More of the functions' environment. `LOACL_PRIVATE_HOSTS` is added to the stack's own hosts. */
  env?: Readonly<Record<string, string>>
  /** How many processes each function has: they take requests in turn. Left out: one. */
  workers?: number
  /** More of the environment of one of a function's processes, which are counted from 0. */
  workerEnv?: (worker: number) => Readonly<Record<string, string>>
  /** Scripts that Deno runs before each function. */
  preload?: readonly string[]
  /** Restarts the functions when their files change. */
  watch?: boolean
  /** The repository: `supabase/config.toml` and `supabase/migrations` are read there. */
  root?: string
  functionsDir?: string
  siteDir?: string
  /** The widget's built files. */
  widgetDir?: string
  /** Gets what functions print, and notes on ports and crashes. */
  log?: (line: string) => void
  /** Called as a step begins; what it returns is called when the step is done. */
  onStep?: (name: string) => () => void
}

/** What is written to `stack.json` beside the data. */
export interface StackInfo {
  /** The one origin of Data API, Auth, Storage and functions. */
  apiUrl: string
  publishableKey: string
  secretKey: string
  /** As `postgres`, the owner of the database. */
  dbUrl: string
  /** The demo site. */
  siteUrl: string
  /** Where the widget's files are: another origin than the site's. */
  widgetUrl: string
  /** The model provider's base URL. */
  modelUrl: string
  /** Of the demo. */
  assistantId: string
  ownerEmail: string
  ownerPassword: string
}

export interface Stack extends StackInfo {
  /** All of the above, as it is in `stack.json`. */
  readonly info: StackInfo
  /** Whether the mock model answers. */
  readonly isMockModel: boolean
  /** What the demo assistant's tools call; `null` without `demoTools`. */
  readonly toolServers: { ordersUrl: string; partsUrl: string } | null
  /** Calls of the mock model so far: those for answers, then those for titles and follow-ups, each oldest first. */
  modelRequests(): readonly unknown[]
  /** `LOACL_ENCRYPTION_KEYS` of the functions. */
  readonly encryptionKeys: string
  /** What Auth signs access tokens with (HS256). */
  readonly jwtSecret: string
  /** The process ids of a function. `null`: one that has ended, and that the next request to it starts again. */
  functionPids(name: string): readonly (number | null)[]
  /** Stops PostgreSQL alone, to see what the rest does without it. */
  stopDatabase(): Promise<void>
  /** Starts it again, on the same port and data. */
  startDatabase(): Promise<void>
  /** Resolves when a part ends that nobody stopped and that is not started again by itself. */
  readonly crashed: Promise<PartError>
  /** Ends every process and closes every port; throw-away data is removed. May be called more than once. */
  stop(): Promise<void>
}
