import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/markdown/index.ts'
import { addFeatures } from './add_features.ts'
import { HOSTILE } from './hostile.ts'
import { textOf } from './read.ts'

addFeatures()

describe('50,000 characters of', () => {
  // The time allowed is some hundred times what is needed, and a small part of what a quadratic reading would take.
  test.each(Object.entries(HOSTILE))('%s', { timeout: 30_000 }, (_, input) => {
    const source = input(50_000)
    const text = createMarkdown()
    for (let at = 0; at < source.length; at += 5000) {
      text.append(source.slice(at, at + 5000))
      void text.blocks
    }
    text.end()
    // As deep as it gets, a renderer can follow.
    expect(() => JSON.stringify(text.blocks)).not.toThrow()
    expect(depthOf(text.blocks)).toBeLessThan(250)
    expect(textOf(text.blocks).includes('a')).toBe(source.includes('a'))
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child))
  return deepest + 1
}
