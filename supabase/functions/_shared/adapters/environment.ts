export interface Environment {
  supabaseUrl: string
  /** Goes with calls that are made under a user's access token. */
  publishableKey: string
  /** The one that the function itself uses. */
  secretKey: string
  /** Every secret key of the project. */
  secretKeys: readonly string[]
  /** Every publishable and secret key of the project. */
  apiKeys: readonly string[]
  encryptionKeys: string
  deadlineMs: number
  /** How many turns a worker runs at a time. */
  maxTurns: number
  addressHeader: string
  privateHosts: readonly string[]
  defaultBaseUrl: string
  /** Whether requests leave by a proxy, which looks host names up itself. */
  isBehindProxy: boolean
}

/**
 * Reads a function's environment, and refuses to start with one that can't work.
 * `README.md` beside the functions says what each variable is for.
 *
 * @throws Error that names the variable, and never quotes it
 */
export function readEnvironment(get: (name: string) => string | undefined): Environment {
  const required = (name: string): string => {
    const value = get(name)
    if (!value) throw new Error(`The function needs the environment variable ${name}.`)
    return value
  }
  const keysIn = (name: string): Record<string, string> => {
    const text = required(name)
    try {
      return JSON.parse(text) as Record<string, string>
    } catch {
      // The parser's own message would quote the text, and the text holds keys.
      throw new Error(`The environment variable ${name} must be a JSON object.`)
    }
  }
  const publishableKeys = keysIn('SUPABASE_PUBLISHABLE_KEYS')
  const secretKeys = keysIn('SUPABASE_SECRET_KEYS')
  const positive = (name: string, unless: number, what: string): number => {
    const value = Number(get(name) || unless)
    if (!(value > 0)) throw new Error(`The environment variable ${name} must be a number of ${what}.`)
    return value
  }

  return {
    supabaseUrl: required('SUPABASE_URL'),
    publishableKey: defaultOf('SUPABASE_PUBLISHABLE_KEYS', publishableKeys),
    secretKey: defaultOf('SUPABASE_SECRET_KEYS', secretKeys),
    secretKeys: Object.values(secretKeys),
    apiKeys: [...Object.values(publishableKeys), ...Object.values(secretKeys)],
    encryptionKeys: required('LOACL_ENCRYPTION_KEYS'),
    deadlineMs: positive('LOACL_TURN_DEADLINE_MS', 65_000, 'milliseconds'),
    maxTurns: positive('LOACL_MAX_TURNS', 250, 'turns'),
    addressHeader: get('LOACL_ADDRESS_HEADER') || 'cf-connecting-ip',
    privateHosts: (get('LOACL_PRIVATE_HOSTS') ?? '')
      .split(',')
      .map((host) => host.trim())
      .filter(Boolean),
    defaultBaseUrl: get('OPENAI_BASE_URL') || 'https://api.openai.com/v1',
    isBehindProxy: ['HTTPS_PROXY', 'https_proxy'].some((name) => Boolean(get(name))),
  }
}

function defaultOf(name: string, keys: Readonly<Record<string, string>>): string {
  const key = keys.default ?? Object.values(keys)[0]
  if (!key) throw new Error(`The environment variable ${name} holds no key.`)
  return key
}
