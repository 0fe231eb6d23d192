import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyRing } from '@loacl/sealing'
import { generateApiKey } from './lite.ts'

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

/** Whether `dataDir` has keys that were made here. */
export function hasKeys(dataDir: string): boolean {
  try {
    const keys: unknown = JSON.parse(readFileSync(join(dataDir, KEYS_FILE), 'utf8'))
    return typeof keys === 'object' && keys !== null && 'encryptionKeys' in keys && 'jwtSecret' in keys
  } catch {
    return false
  }
}

/** The keys kept in `dataDir`, made there if it has none. */
export async function loadKeys(dataDir: string): Promise<Keys> {
  const file = join(dataDir, KEYS_FILE)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Keys
  const keys = await generateKeys()
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
  return keys
}
