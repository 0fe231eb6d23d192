import { createKeyRing, KeyRingError, sealProviderKey, type KeyRing, type SecretContext } from '@loacl/sealing'
import type { TransactionSql } from 'postgres'
import { ProjectSetupError } from './setup_error.ts'

export interface Provider {
  apiKey: string
  /** `null` for OpenAI's own address. */
  baseUrl: string | null
  /** Of a stored one: `openai-chat` is Chat Completions. Left out: the Responses API, in which new ones are kept here. */
  wireFormat?: string
}

type Secret = SecretContext & { keyId: string; ciphertext: string }

const PROVIDER = 'openai'

/**
 * Seals the key for a row of its own, as the function `loacl-admin` does: one key has one rule, whoever sets it.
 *
 * @throws ProjectSetupError, KeyRingError
 */
export async function saveProvider(
  sql: TransactionSql,
  ownerId: string,
  encryptionKeys: string,
  { apiKey, baseUrl }: Provider,
): Promise<void> {
  const ring = createKeyRing(encryptionKeys)
  await requireOwnRing(sql, ring)
  const sealed = await sealProviderKey(ring, apiKey, { ownerId, provider: PROVIDER, baseUrl })
  if (!sealed) throw new ProjectSetupError('OPENAI_API_KEY must be the key alone, without spaces or line breaks.')
  const { secretId, keyId, ciphertext, lastFour } = sealed
  await sql`
    select loacl_private.set_provider_key(
      ${ownerId}, ${PROVIDER}, ${baseUrl}, ${secretId}, ${keyId}, ${ciphertext}, ${lastFour}
    )
  `
}

/** The provider that the owner's turns use, its key opened; `null` where none is set. */
export async function readProvider(
  sql: TransactionSql,
  ownerId: string,
  encryptionKeys: string,
): Promise<Provider | null> {
  const ring = createKeyRing(encryptionKeys)
  const [row] = await sql<{ secret: Secret | null }[]>`
    select loacl_private.read_provider_key(${ownerId}, null) -> 'secret' as secret
  `
  if (!row?.secret) return null
  await requireOwnRing(sql, ring)
  const { baseUrl, provider: wireFormat } = row.secret
  return { apiKey: await ring.open(row.secret, row.secret), baseUrl, wireFormat }
}

/**
 * What is sealed with another ring than the functions', they can't open. One secret that opens is enough: of another, the
 * key may have left the ring.
 */
async function requireOwnRing(sql: TransactionSql, ring: KeyRing): Promise<void> {
  const rows = await sql<{ secret: Secret }[]>`
    select loacl_private.to_sealed_secret(s) as secret from loacl_private.secrets s order by s.created_at desc limit 100
  `
  for (const { secret } of rows) if (await opens(ring, secret)) return
  if (rows[0])
    throw new ProjectSetupError(
      `LOACL_ENCRYPTION_KEYS is not the key ring of this project: no secret that it keeps opens with it, the newest is sealed with the key "${rows[0].secret.keyId}". Nothing was changed. Take the ring that the functions have. Where that one is lost and they have this one, set the key by the function, which seals with its own: PUT /provider-key, in docs/admin.md.`,
    )
}

async function opens(ring: KeyRing, secret: Secret): Promise<boolean> {
  try {
    await ring.open(secret, secret)
    return true
  } catch (error) {
    if (error instanceof KeyRingError) return false
    throw error
  }
}
