import type { StreamPart } from '@loacl/wire'
import { CodedError } from './coded_error.ts'

/** What is read of one response before the call is ended. */
export interface ResponseLimits {
  /** Bytes between two empty lines: an event of a stream, or a JSON document. A reader holds that much at a time. */
  eventBytes: number
  /** Bytes of the whole body, once decompressed. */
  bodyBytes: number
}

export interface OutputLimits extends ResponseLimits {
  /** Characters that a visitor is shown: text, reasoning and sources. */
  characters: number
}

/**
 * Texts, stretches of reasoning and sources of one answer. One with a search in each of many steps has some dozens. Each is
 * folded, stored and shown by itself, and what one costs grows with how many there are.
 */
const MAX_PARTS = 500
/** A token of English has four characters; a long one of blanks or dashes has more. */
const CHARACTERS_PER_TOKEN = 16
const SPARE_CHARACTERS = 4_096
/** The longest text of an answer that the database takes. */
export const MAX_CHARACTERS = 1_000_000
/** What a delta counts for at least: it is sent and stored with its frame, however short it is. */
const SHORTEST_DELTA = 3
/** Of a character of the answer in JSON, on average: UTF-8 has three at most, and `\n` two. */
const BYTES_PER_CHARACTER = 3
/** `\u4e2d`: the longest spelling that JSON has for a character. */
const ECHOED_BYTES_PER_CHARACTER = 6
/** Ids, usage, headings, and the first encrypted reasoning. */
const SPARE_BYTES = 65_536
/** The event in which a token comes by itself, with its ids. OpenAI's has about 300 bytes. */
const EVENT_BYTES_PER_TOKEN = 1_024
/** How often a stream tells the whole: at the end of the text, its part, its item and the response; and at its beginning. */
const TELLINGS = 5

/**
 * The most that a call may bring, by what was asked for. Generous, because providers word their answers differently: an
 * answer that keeps to `max_output_tokens` does not come near it.
 */
export function outputLimits(asked: { maxOutputTokens: number; instructions: string }): OutputLimits {
  const tokens = asked.maxOutputTokens
  const characters = Math.min(tokens * CHARACTERS_PER_TOKEN + SPARE_CHARACTERS, MAX_CHARACTERS)
  const eventBytes =
    SPARE_BYTES +
    characters * BYTES_PER_CHARACTER +
    // A response repeats the instructions that it followed.
    asked.instructions.length * ECHOED_BYTES_PER_CHARACTER
  return { characters, eventBytes, bodyBytes: TELLINGS * eventBytes + tokens * EVENT_BYTES_PER_TOKEN }
}

/** More came than was asked for, and the call was ended. */
export class TooMuchOutput extends CodedError {
  constructor() {
    super('model_stream_broken', 'The model answered with more than it was asked for.')
  }
}

/** Counts what a visitor is shown of one answer. */
export class OutputMeter {
  #left: number
  #partsLeft = MAX_PARTS

  constructor({ characters }: Pick<OutputLimits, 'characters'>) {
    this.#left = characters
  }

  /**
   * Passes parts on.
   * @throws TooMuchOutput where they are too long or too many, after as much of them as there was room for
   */
  *pass(parts: readonly StreamPart[]): Generator<StreamPart> {
    for (const part of parts) {
      const size = sizeOf(part)
      if (size > this.#left) {
        if ('delta' in part && this.#left > 0) yield { ...part, delta: beginningOf(part.delta, this.#left) }
        throw new TooMuchOutput()
      }
      this.#left -= size
      yield part
      // After it, for the reader ends what it has begun.
      if (opensPart(part) && --this.#partsLeft === 0) throw new TooMuchOutput()
    }
  }
}

const opensPart = (part: StreamPart): boolean =>
  part.type === 'text-start' ||
  part.type === 'reasoning-start' ||
  part.type === 'tool-input-available' ||
  // One that is cited again is there already.
  ('sourceId' in part && (part.citations ?? []).length < 2)

function sizeOf(part: StreamPart): number {
  switch (part.type) {
    // The reader counts them, and what is begun must be ended.
    case 'text-start':
    case 'reasoning-start':
    case 'text-end':
    case 'reasoning-end':
      return 0
    case 'text-delta':
    case 'reasoning-delta':
      return Math.max(part.delta.length, SHORTEST_DELTA)
    case 'source-url':
    case 'source-document':
      // Each citation once, though it is told again with every later one.
      return JSON.stringify({ ...part, citations: part.citations?.slice(-1) }).length
    default:
      return JSON.stringify(part).length
  }
}

/** Ends before a character that it would cut in two. */
const beginningOf = (text: string, length: number): string => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
