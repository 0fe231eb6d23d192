import type { Stack } from '@loacl/local'
import { createKeyRing } from '@loacl/sealing'
import { SignJWT } from 'jose'
import { randomBytes, randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import { withClock } from './clock.ts'

/** An assistant of a visitor's own: what it used and reserved is theirs alone. */
export interface Assistant {
  id: string
  /** An identity token, as the site's own server signs it. */
  signIdentity(sub: string): Promise<string>
}

export async function createAssistant(stack: Stack, sql: postgres.Sql, name: string): Promise<Assistant> {
  const [row] = await sql<{ id: string; owner: string }[]>`
    insert into loacl.assistants (owner_id, name, model, allowed_origins, spend_per_day_usd, spend_per_month_usd)
    select owner_id, ${name}, 'gpt-6-luna', allowed_origins, null, null
    from loacl.assistants
    where id = ${stack.assistantId}
    returning id, owner_id as owner
  `
  const { id, owner } = row!
  const secret = randomBytes(32).toString('base64url')
  const secretId = randomUUID()
  const context = { purpose: 'identity_secret', secretId, ownerId: owner, provider: id, baseUrl: null }
  const { keyId, ciphertext } = await createKeyRing(stack.encryptionKeys).seal(secret, context)
  await sql`
    insert into loacl_private.secrets (id, owner_id, purpose, assistant_id, key_id, ciphertext)
    values (${secretId}, ${owner}, 'identity_secret', ${id}, ${keyId}, ${ciphertext})
  `
  return {
    id,
    signIdentity: (sub) =>
      // By the site's clock, which is right.
      withClock({ ahead: 0 }, () =>
        new SignJWT({ sub })
          .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
          .setAudience(id)
          .setIssuedAt()
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(secret)),
      ),
  }
}
