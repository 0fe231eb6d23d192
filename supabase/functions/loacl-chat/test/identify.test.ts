import { createKeyRing } from '@loacl/sealing'
import { expect, it, vi } from 'vitest'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import { createChatWorld, keyRing } from './chat_world.ts'

const SESSION_TOKEN = 'a'.repeat(43)

const seal = async (change: Partial<StoredSecret> = {}, ring = keyRing): Promise<StoredSecret> => {
  const context = {
    purpose: 'identity_secret',
    secretId: 'i',
    ownerId: 'o',
    provider: 'the assistant',
    baseUrl: null,
    ...change,
  }
  return { ...context, ...(await ring.seal('x'.repeat(43), context)) }
}
const of = (provider: string) => ({ provider })
const flipped = (ciphertext: string) => {
  const bytes = Buffer.from(ciphertext, 'base64')
  bytes[20]! ^= 1
  return bytes.toString('base64')
}
const stranger = createKeyRing(JSON.stringify({ current: 'k', keys: { k: Buffer.alloc(32, 2).toString('base64') } }))

type Keep = (assistantId: string) => Promise<StoredSecret | null>

async function identify(keep: Keep) {
  const world = await createChatWorld([], { readIdentitySecret: (assistantId) => keep(assistantId) })
  const sent = vi.spyOn(globalThis, 'fetch')
  const body = JSON.stringify({ assistantId: world.assistantId, newToken: SESSION_TOKEN, identityToken: 'a.b.c' })
  const response = await world.request('/identify', { method: 'POST', body })
  expect(sent).not.toHaveBeenCalled()
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code, reported: world.reported }
}

it('an identity secret that was never set is not one that does not open', async () => {
  expect(await identify(async () => null)).toMatchObject({ status: 503, code: 'identity_unavailable' })
})

it('one that opens is what the token is checked with', async () => {
  expect(await identify((id) => seal(of(id)))).toMatchObject({ status: 401, code: 'identity_token_invalid' })
})

it.each<[string, Keep]>([
  [
    'was tampered with',
    async (id) => {
      const secret = await seal(of(id))
      return { ...secret, ciphertext: flipped(secret.ciphertext) }
    },
  ],
  ['was sealed by a ring of others', (id) => seal(of(id), stranger)],
  ['was sealed by a key that the ring lacks', async (id) => ({ ...(await seal(of(id))), keyId: 'lost' })],
  ['was moved to another row', async (id) => ({ ...(await seal(of(id))), secretId: 'j' })],
  ['was moved to another owner’s row', async (id) => ({ ...(await seal(of(id))), ownerId: 'p' })],
  ['was moved to another assistant, with all that its row says', () => seal(of(crypto.randomUUID()))],
])('an identity secret that %s is unusable, says so in the log, and no request is sent anywhere', async (_, keep) => {
  const { status, code, reported } = await identify(keep)
  expect({ status, code }).toEqual({ status: 503, code: 'identity_secret_unusable' })
  expect(reported).toEqual([expect.objectContaining({ code })])
})
