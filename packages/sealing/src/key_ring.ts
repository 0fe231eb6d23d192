/**
 * Seals secrets for storage: AES-256-GCM, with what the secret belongs to as additional data. A sealed value moved to
 * another row, owner, provider or base URL does not open.
 */

/** What a sealed value is bound to. Any difference at opening time breaks the seal. */
export interface SecretContext {
  /** What the secret is for, such as `provider_key`. */
  purpose: string
  /** Id of the row that holds the ciphertext. */
  secretId: string
  ownerId: string
  provider: string
  /** Where the secret will be sent; `null` for the provider's own address. */
  baseUrl: string | null
}

/** A sealed value as it is stored. */
interface SealedSecret {
  /** Which key of the ring sealed it. */
  keyId: string
  /** Base64 of nonce (12 bytes), ciphertext and tag (16 bytes), in this order. */
  ciphertext: string
}

export interface KeyRing {
  /** Which key seals. */
  readonly currentKeyId: string
  /** Seals with the current key, under a fresh random nonce. */
  seal(plaintext: string, context: SecretContext): Promise<SealedSecret>
  /**
   * Opens with the key that sealed it.
   * @throws KeyRingError `key_unknown` where the ring lacks that key, `seal_broken` where anything was changed.
   */
  open(sealed: SealedSecret, context: SecretContext): Promise<string>
}

/** No message of this error holds a key, a plaintext or a ciphertext. */
export class KeyRingError extends Error {
  override name = 'KeyRingError' as const
  readonly code: 'ring_malformed' | 'key_unknown' | 'seal_broken'
  constructor(code: KeyRingError['code'], message: string) {
    super(message)
    this.code = code
  }
}

const NONCE_BYTES = 12
const KEY_BYTES = 32

/**
 * Reads a key ring. To rotate, add a key and make it `current`; keep the old ones until nothing is sealed with them.
 *
 * @param json `{"current": "<keyId>", "keys": {"<keyId>": "<base64 of 32 random bytes>"}}`
 * @throws KeyRingError `ring_malformed`
 * @example
 * const ring = createKeyRing(JSON.stringify({ current: 'k1', keys: { k1: base64Of32Bytes } }))
 * const sealed = await ring.seal('sk-…', context)
 * await ring.open(sealed, context) // 'sk-…'
 */
export function createKeyRing(json: string): KeyRing {
  const { current, keys } = parseRing(json)
  const imported = new Map<string, Promise<CryptoKey>>()

  const keyOf = (keyId: string): Promise<CryptoKey> => {
    const bytes = keys.get(keyId)
    if (!bytes) throw new KeyRingError('key_unknown', 'The key ring has no key of this id.')
    let key = imported.get(keyId)
    if (!key) {
      key = crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
      imported.set(keyId, key)
    }
    return key
  }

  return {
    currentKeyId: current,

    async seal(plaintext, context) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const encrypted = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv: nonce, additionalData: additionalData(context, current) },
        await keyOf(current),
        new TextEncoder().encode(plaintext),
      )
      const sealed = new Uint8Array(NONCE_BYTES + encrypted.byteLength)
      sealed.set(nonce)
      sealed.set(new Uint8Array(encrypted), NONCE_BYTES)
      return { keyId: current, ciphertext: toBase64(sealed) }
    },

    async open({ keyId, ciphertext }, context) {
      const key = await keyOf(keyId)
      try {
        const sealed = fromBase64(ciphertext)
        const decrypted = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: sealed.subarray(0, NONCE_BYTES), additionalData: additionalData(context, keyId) },
          key,
          sealed.subarray(NONCE_BYTES),
        )
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decrypted)
      } catch {
        throw new KeyRingError('seal_broken', 'A sealed secret does not open: it, or what it belongs to, was changed.')
      }
    },
  }
}

/** A JSON array, not an object: the order is fixed, and quoting keeps one member from running into the next. */
function additionalData(context: SecretContext, keyId: string): Uint8Array<ArrayBuffer> {
  const { purpose, secretId, ownerId, provider, baseUrl } = context
  return new TextEncoder().encode(JSON.stringify([purpose, secretId, ownerId, provider, baseUrl, keyId]))
}

/** A key ring with one fresh key, as the function secret `LOACL_ENCRYPTION_KEYS` holds it. */
export function generateKeyRing(): string {
  const id = `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  return JSON.stringify({ current: id, keys: { [id]: toBase64(crypto.getRandomValues(new Uint8Array(KEY_BYTES))) } })
}

const malformed = (message: string) => new KeyRingError('ring_malformed', `The key ring is malformed: ${message}`)

function parseRing(json: string): { current: string; keys: Map<string, Uint8Array<ArrayBuffer>> } {
  let ring: { current?: unknown; keys?: unknown } | null
  try {
    ring = JSON.parse(json) as typeof ring
  } catch {
    // The parser's own message would quote the text, and the text holds keys.
    throw malformed('it is not JSON.')
  }
  if (typeof ring !== 'object' || ring === null || typeof ring.keys !== 'object' || ring.keys === null)
    throw malformed('it needs "current" and "keys".')
  const keys = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [keyId, encoded] of Object.entries(ring.keys)) {
    const bytes = typeof encoded === 'string' ? tryBase64(encoded) : null
    if (bytes?.length !== KEY_BYTES) throw malformed('every key must be the base64 of 32 bytes.')
    keys.set(keyId, bytes)
  }
  if (typeof ring.current !== 'string' || !keys.has(ring.current)) throw malformed('"current" must name one of "keys".')
  return { current: ring.current, keys }
}

function tryBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return fromBase64(text)
  } catch {
    return null
  }
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
