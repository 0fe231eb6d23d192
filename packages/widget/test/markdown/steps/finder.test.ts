import { expect, test } from 'vitest'
import { seededRandom } from '../examples.ts'
import { createCounted } from './count.ts'
import { growthOf, LINEAR } from './growth.ts'

/** Of what hostile texts are made. */
const TOKENS = [
  ['a', 'a@b.', '@', 'www.', 'http://a.b/', '.', '-', '_', '(', ')', 'x'],
  ['*', '**', '~~', '`', '``', '[', ']', '![', '](', '[a]', '[a](b', '<', '<a:', '>', '"', ':', '\\', '&amp', ';'],
  ['|', '-|-', ' ', '\n', '\n\n', '    ', '- ', '1. ', '> ', '#', '```', '\ud83d', '\u0301'],
].flat()

interface Recipe {
  before: string
  repeated: string
  after: string
}

const counted = await createCounted()

/** The first of them whose steps grow faster than the text. */
function superlinear(recipes: Iterable<Recipe>): (Recipe & { growth: number }) | undefined {
  for (const { before, repeated, after } of recipes) {
    const steps = (size: number) => {
      const source = before + repeated.repeat(Math.ceil(size / repeated.length)) + after
      return counted.steps(() => counted.read(source))
    }
    const growth = growthOf(steps, 256, 16_000)
    if (growth >= LINEAR) return { before, repeated, after, growth }
  }
  return undefined
}

function* pairs(): Generator<Recipe> {
  for (const first of TOKENS) for (const second of TOKENS) yield { before: '', repeated: first + second, after: '' }
}

/** Up to three tokens repeated, with something else before and after them. */
function* mixtures(count: number, seed: number): Generator<Recipe> {
  const random = seededRandom(seed)
  const token = () => TOKENS[Math.floor(random() * TOKENS.length)] ?? ''
  for (let i = 0; i < count; i++) {
    yield { before: token(), repeated: token() + token() + token(), after: ` ${token()}${token()}` }
  }
}

test(
  'of no two pieces of Markdown, repeated, twice as much takes more than about twice the steps',
  { timeout: 180_000 },
  () => {
    expect(superlinear(pairs())).toBeUndefined()
  },
)

test('nor of mixtures of up to seven', { timeout: 180_000 }, () => {
  expect(superlinear(mixtures(500, 7))).toBeUndefined()
})
