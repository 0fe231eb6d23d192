import { describe, expect, it } from 'vitest'
import { isBlank } from '../src/index.ts'
import { BLANK_TEXTS, VISIBLE_TEXTS } from './blank_texts.ts'

describe('a text', () => {
  it.each(Object.entries(BLANK_TEXTS))('of %s shows nothing, as does each sign of it', (_, text) => {
    expect([text, ...text].filter((part) => !isBlank(part))).toEqual([])
  })

  it.each(Object.entries(VISIBLE_TEXTS))('that is %s shows something', (_, text) => {
    expect(isBlank(text)).toBe(false)
  })
})

it('whatever Unicode counts as white space, as a control or as ignorable shows nothing', () => {
  const wrong = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter(
    (sign) => /[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(sign) && !isBlank(sign),
  )
  expect(wrong).toEqual([])
})

it('every letter, number, mark, symbol and punctuation that is seen shows something', () => {
  const unseen = /\u{16fe4}|[\u{13440}-\u{13442}\u2800\ufffc\u{1d159}\p{Default_Ignorable_Code_Point}]/u
  const wrong = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter(
    (sign) => /[\p{L}\p{N}\p{M}\p{S}\p{P}]/u.test(sign) && !unseen.test(sign) && isBlank(sign),
  )
  expect(wrong).toEqual([])
})
