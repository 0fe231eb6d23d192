import { describe, expect, it } from 'vitest'
import { createKeyRing, KeyRingError, type SecretContext } from '../src/key_ring.ts'

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const ringOf = (current: string, keys: Record<string, string>) => createKeyRing(JSON.stringify({ current, keys }))
const ring = ringOf('k1', { k1: keyOf(1) })

const CONTEXT: SecretContext = {
  purpose: 'provider_key',
  secretId: '00000000-0000-4000-8000-000000000001',
  ownerId: '00000000-0000-4000-8000-000000000002',
  provider: 'openai',
  baseUrl: null,
}
const SECRET = 'sk-test-Ключ-🔑'

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'opened',
    (error: unknown) => (error instanceof KeyRingError ? error.code : error),
  )

describe('a sealed secret', () => {
  it('opens in the context it was sealed for', async () => {
    expect(await ring.open(await ring.seal(SECRET, CONTEXT), CONTEXT)).toBe(SECRET)
  })

  it('holds neither the secret nor a nonce used before', async () => {
    const [first, second] = [await ring.seal(SECRET, CONTEXT), await ring.seal(SECRET, CONTEXT)]
    expect(first.ciphertext).not.toBe(second.ciphertext)
    expect(Buffer.from(first.ciphertext, 'base64').length).toBe(12 + Buffer.byteLength(SECRET) + 16)
    expect(Buffer.from(first.ciphertext, 'base64').toString()).not.toContain('sk-test')
  })

  it('does not open once any byte was changed', async () => {
    const sealed = await ring.seal(SECRET, CONTEXT)
    const bytes = Buffer.from(sealed.ciphertext, 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(await code(ring.open({ ...sealed, ciphertext: changed.toString('base64') }, CONTEXT))).toBe('seal_broken')
    }
    expect(await code(ring.open({ ...sealed, ciphertext: 'no base64!' }, CONTEXT))).toBe('seal_broken')
    expect(await code(ring.open({ ...sealed, ciphertext: '' }, CONTEXT))).toBe('seal_broken')
  })

  it.each([
    ['purpose', 'identity_secret'],
    ['secretId', '00000000-0000-4000-8000-000000000009'],
    ['ownerId', '00000000-0000-4000-8000-000000000009'],
    ['provider', 'other'],
    ['baseUrl', 'https://evil.example/v1'],
  ])('does not open with another %s', async (member, value) => {
    const sealed = await ring.seal(SECRET, CONTEXT)
    expect(await code(ring.open(sealed, { ...CONTEXT, [member]: value }))).toBe('seal_broken')
  })

  it('keeps members of its context apart', async () => {
    const sealed = await ring.seal(SECRET, { ...CONTEXT, purpose: 'a","b', provider: 'c' })
    expect(await code(ring.open(sealed, { ...CONTEXT, purpose: 'a', provider: 'b","c' }))).toBe('seal_broken')
    const nullUrl = await ring.seal(SECRET, { ...CONTEXT, baseUrl: null })
    expect(await code(ring.open(nullUrl, { ...CONTEXT, baseUrl: 'null' }))).toBe('seal_broken')
  })
})

describe('rotation', () => {
  it('opens old secrets with the old key and seals with the new one', async () => {
    const sealed = await ring.seal(SECRET, CONTEXT)
    const rotated = ringOf('k2', { k1: keyOf(1), k2: keyOf(2) })
    expect(await rotated.open(sealed, CONTEXT)).toBe(SECRET)
    const resealed = await rotated.seal(SECRET, CONTEXT)
    expect(resealed.keyId).toBe('k2')
    expect(await code(ring.open(resealed, CONTEXT))).toBe('key_unknown')
  })

  it('refuses a value whose key id was rewritten, even to a key of the same bytes', async () => {
    const twins = ringOf('k1', { k1: keyOf(1), k2: keyOf(1) })
    const sealed = await twins.seal(SECRET, CONTEXT)
    expect(await code(twins.open({ ...sealed, keyId: 'k2' }, CONTEXT))).toBe('seal_broken')
  })

  it('does not open with another key of the same id', async () => {
    const sealed = await ring.seal(SECRET, CONTEXT)
    expect(await code(ringOf('k1', { k1: keyOf(7) }).open(sealed, CONTEXT))).toBe('seal_broken')
  })
})

describe('a malformed ring', () => {
  it.each([
    ['not JSON', `{"current":"k1","keys":{"k1":"${keyOf(1)}"`],
    ['no object', 'null'],
    ['no keys', '{"current":"k1"}'],
    ['current not among the keys', JSON.stringify({ current: 'k2', keys: { k1: keyOf(1) } })],
    ['current inherited from Object', JSON.stringify({ current: 'toString', keys: { k1: keyOf(1) } })],
    ['a short key', JSON.stringify({ current: 'k1', keys: { k1: Buffer.alloc(16, 1).toString('base64') } })],
    ['a key that is no base64', JSON.stringify({ current: 'k1', keys: { k1: '!'.repeat(44) } })],
  ])('is refused: %s, without quoting it', (_, json) => {
    let caught: unknown
    try {
      createKeyRing(json)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(KeyRingError)
    expect((caught as KeyRingError).code).toBe('ring_malformed')
    expect((caught as KeyRingError).message).not.toContain(keyOf(1).slice(0, 8))
  })
})
