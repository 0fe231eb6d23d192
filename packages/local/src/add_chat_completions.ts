import { createKeyRing, sealProviderKey } from '@loacl/sealing'
import type { WireFormat } from '@loacl/wire'
import type postgres from 'postgres'
import type { Stack } from './stack_types.ts'

/** Gives the demo's owner a second provider, which speaks Chat Completions at this address: the same mock model, say. */
export async function addChatCompletions(stack: Stack, sql: postgres.Sql, baseUrl: string): Promise<void> {
  const [row] = await sql<{ owner: string }[]>`
    select owner_id as owner from loacl.assistants where id = ${stack.assistantId}`
  const ownerId = row!.owner
  const provider: WireFormat = 'openai-chat'
  const sealed = await sealProviderKey(createKeyRing(stack.encryptionKeys), 'sk-mock-model', {
    ownerId,
    provider,
    baseUrl,
  })
  const { secretId, keyId, ciphertext, lastFour } = sealed!
  await sql`
    select loacl_private.set_provider_key(
      ${ownerId}, ${provider}, ${baseUrl}, ${secretId}, ${keyId}, ${ciphertext}, ${lastFour}, false
    )`
}
