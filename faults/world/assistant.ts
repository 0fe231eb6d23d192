import type { Stack } from '@loacl/local'
import { createKeyRing } from '@loacl/sealing'
import type { WireFormat } from '@loacl/wire'
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

/** Columns of `loacl.assistants`. */
export type Settings = Readonly<Record<string, boolean | number | string | readonly string[]>>

export interface NewAssistant {
  name: string
  /** In which it asks the model. */
  wireFormat: WireFormat
  settings?: Settings | undefined
  /** Whether the provider of the other wire format is asked where its own is down. */
  hasFallback?: boolean | undefined
}

/** A tool that is called at once, one that asks, and one of the page's. */
async function addTools(
  stack: Stack,
  sql: postgres.Sql,
  { id, owner }: { id: string; owner: string },
  shopUrl: string,
): Promise<void> {
  const secretId = randomUUID()
  const context = { purpose: 'tool_secret', secretId, ownerId: owner, provider: id, baseUrl: null }
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const { keyId, ciphertext } = await createKeyRing(stack.encryptionKeys).seal(secret, context)
  const parameters = { type: 'object', properties: { question: { type: 'string' } }, required: ['question'] }
  await sql`
    with secret as (
      insert into loacl_private.secrets (id, owner_id, purpose, assistant_id, key_id, ciphertext)
      values (${secretId}, ${owner}, 'tool_secret', ${id}, ${keyId}, ${ciphertext})
    ),
    settings as (
      insert into loacl.auto_approval_settings (assistant_id, specific_tools) values (${id}, '{"look_up": true, "paint": true}')
    )
    insert into loacl.assistant_tools (assistant_id, name, kind, parameters, endpoint, visitor_sees, cost_usd)
    values
      (${id}, 'look_up', 'server', ${sql.json(parameters)}, ${shopUrl}, 'result', 0.01),
      (${id}, 'order', 'server', ${sql.json(parameters)}, ${shopUrl}, 'title', 0),
      (${id}, 'paint', 'page', ${sql.json(parameters)}, null, 'result', 0)
  `
}

/** @param shopUrl where its tools are called */
export async function createAssistant(
  stack: Stack,
  sql: postgres.Sql,
  { name, wireFormat, settings = {}, hasFallback = false }: NewAssistant,
  shopUrl: string,
): Promise<Assistant> {
  const [row] = await sql<{ id: string; owner: string }[]>`
    insert into loacl.assistants (
      owner_id, name, model, allowed_origins, spend_per_day_usd, spend_per_month_usd, provider_config_id
    )
    select a.owner_id, ${name}, 'gpt-6-luna', a.allowed_origins, null, null, p.id
    from loacl.assistants a
    join loacl.provider_configs p on p.owner_id = a.owner_id and p.provider = ${wireFormat}
    where a.id = ${stack.assistantId}
    returning id, owner_id as owner
  `
  const { id, owner } = row!
  if (Object.keys(settings).length > 0) await sql`update loacl.assistants set ${sql({ ...settings })} where id = ${id}`
  if (hasFallback)
    await sql`
      update loacl.assistants set fallback_provider_config_id = p.id, fallback_model = model
      from loacl.provider_configs p
      where assistants.id = ${id} and p.owner_id = ${owner} and p.provider <> ${wireFormat}`
  const secret = randomBytes(32).toString('base64url')
  const secretId = randomUUID()
  const context = { purpose: 'identity_secret', secretId, ownerId: owner, provider: id, baseUrl: null }
  const { keyId, ciphertext } = await createKeyRing(stack.encryptionKeys).seal(secret, context)
  await sql`
    insert into loacl_private.secrets (id, owner_id, purpose, assistant_id, key_id, ciphertext)
    values (${secretId}, ${owner}, 'identity_secret', ${id}, ${keyId}, ${ciphertext})
  `
  await addTools(stack, sql, { id, owner }, shopUrl)
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
