import type { Moderator, Verdict } from '../domain/moderation.ts'
import { toStorable } from '../domain/storable.ts'
import { turnError } from '../domain/turn_errors.ts'
import { connectOpenAI, type AddressOptions } from './openai_client.ts'

/** What a response may have beside its results, and for each of them. OpenAI's results have about 3,000 bytes. */
const SPARE_BYTES = 65_536
const RESULT_BYTES = 16_384
const MOST_CATEGORIES = 50
const LONGEST_CATEGORY = 100

/** `POST /moderations`, of OpenAI or of anybody who speaks it. */
export function createOpenAIModerator(options: AddressOptions): Moderator {
  return {
    async check(call, signal) {
      const { model, texts } = call
      const bytes = SPARE_BYTES + texts.length * RESULT_BYTES
      try {
        const client = connectOpenAI(call, { eventBytes: bytes, bodyBytes: bytes }, options)
        const input = texts.length === 1 ? texts[0]! : [...texts]
        return toVerdict(await client.moderations.create({ model, input }, { signal }), texts.length)
      } catch (cause) {
        throw turnError('moderation_unavailable', { cause })
      }
    },
  }
}

type Json = Readonly<Record<string, unknown>>

/**
 * What a response says of so many texts.
 * @throws Error where it doesn't say it of each of them
 */
export function toVerdict(response: unknown, count: number): Verdict {
  const { results, usage } = objectOf(response)
  if (!Array.isArray(results) || results.length !== count) throw new Error('The response has no result for each text.')
  const named = results.map((result) => namesOf(objectOf(result).categories))
  const isFlagged = results.map((result, place) => {
    const { flagged, categories } = objectOf(result)
    if (typeof flagged === 'boolean') return flagged
    // Mistral's results have no `flagged`.
    if (Object.values(objectOf(categories)).some((value) => typeof value === 'boolean')) return named[place]!.length > 0
    throw new Error('A result says neither yes nor no.')
  })
  return {
    isFlagged: isFlagged.includes(true),
    categories: [...new Set(named.flat())].slice(0, MOST_CATEGORIES),
    usage: toUsage(objectOf(usage)),
  }
}

const namesOf = (categories: unknown): string[] =>
  Object.entries(objectOf(categories)).flatMap(([name, isOne]) =>
    isOne === true ? toStorable(name).slice(0, LONGEST_CATEGORY).toWellFormed() : [],
  )

function toUsage(usage: Json): Verdict['usage'] {
  const inputTokens = usage.input_tokens ?? usage.prompt_tokens
  const outputTokens = usage.output_tokens ?? usage.completion_tokens ?? 0
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : null
}

/** No text has so many, and the database's integers hold it. */
const MOST_TOKENS = 1_000_000_000
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_TOKENS

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
