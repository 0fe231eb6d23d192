import { expect, it } from 'vitest'
import { canonicalJson, digestOf } from './digest.ts'

it('spells a value in one way, whatever the order of its members', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'é"' }], a: true, 10: 0, 9: 0 })).toBe(
    String.raw`{"10":0,"9":0,"a":true,"b":[1,{"c":"é\"","d":null}]}`,
  )
})

it('is the same for the same arguments alone', async () => {
  const digest = await digestOf({ a: 1, b: { c: 2, d: 3 } })
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(await digestOf({ b: { d: 3, c: 2 }, a: 1 })).toBe(digest)
  for (const other of [{ a: 1, b: { c: 2, d: '3' } }, { a: 1 }, [{ a: 1 }], { a: 1, 'b:{"c"': 2 }])
    expect(await digestOf(other)).not.toBe(digest)
})
