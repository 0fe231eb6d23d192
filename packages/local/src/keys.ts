import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKeyRing, generateKeyRing, KeyRingError } from '@loacl/sealing'
import { generateApiKey } from './lite.ts'
import { replaceFile } from './replace_file.ts'

/** What a stack keeps secret. Made once per data directory. */
export interface Keys {
  publishableKey: string
  secretKey: string
  /** Auth signs access tokens with it (HS256). */
  jwtSecret: string
  /** The key ring that provider keys are sealed with: `LOACL_ENCRYPTION_KEYS`. */
  encryptionKeys: string
  /** Of the demo owner's account. */
  ownerPassword: string
}

export async function generateKeys(): Promise<Keys> {
  const [publishable, secret] = await Promise.all([generateApiKey('publishable'), generateApiKey('secret')])
  return {
    publishableKey: publishable.key,
    secretKey: secret.key,
    jwtSecret: randomBytes(32).toString('base64url'),
    encryptionKeys: generateKeyRing(),
    ownerPassword: randomBytes(12).toString('base64url'),
  }
}

export const KEYS_FILE = 'keys.json'
const NAMES = ['publishableKey', 'secretKey', 'jwtSecret', 'encryptionKeys', 'ownerPassword'] as const

/** `foreign`: of another program. `broken`: `why` is the end of a sentence, and quotes nothing of the file. */
export type FoundKeys =
  | { state: 'none' }
  | { state: 'foreign' }
  | { state: 'broken'; why: string }
  | { state: 'whole'; keys: Keys }

/** What `keys.json` in `dataDir` is. */
export function findKeys(dataDir: string): FoundKeys {
  const file = join(dataDir, KEYS_FILE)
  if (!existsSync(file)) return { state: 'none' }
  const text = readFileSync(file, 'utf8')
  let found: Partial<Record<string, unknown>> | null
  try {
    found = JSON.parse(text) as typeof found
  } catch {
    return { state: 'broken', why: text.trim() === '' ? 'is empty' : 'is no JSON, as if its end were missing' }
  }
  const missing = NAMES.filter((name) => typeof found?.[name] !== 'string' || found[name] === '')
  if (missing.length === NAMES.length) return { state: 'foreign' }
  if (missing.length > 0) return { state: 'broken', why: `lacks ${missing.join(', ')}` }
  const keys = found as unknown as Keys
  try {
    createKeyRing(keys.encryptionKeys)
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error
    return { state: 'broken', why: 'has a key ring in encryptionKeys that is malformed' }
  }
  return { state: 'whole', keys }
}

/** The keys kept in `dataDir`, which `openDataFolder` has opened, made there if it has none. */
export async function loadKeys(dataDir: string): Promise<Keys> {
  const found = findKeys(dataDir)
  if (found.state === 'whole') return found.keys
  const keys = await generateKeys()
  mkdirSync(dataDir, { recursive: true })
  replaceFile(join(dataDir, KEYS_FILE), `${JSON.stringify(keys, null, 2)}\n`)
  return keys
}
