import { MAX_RESULT_BYTES } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import type { ToolHandler } from './types.ts'

/** Longest text of an error that the model is told, in characters. */
const MAX_ERROR_LENGTH = 1_000

export const TOO_LARGE = 'The result is too large.'

/** What a tool of the page's has come to: JSON that is small enough, or why there is none. */
export type Outcome = { output: unknown } | { error: string }

/** @throws LoaclError where the signal is aborted */
export async function runTool(
  run: ToolHandler,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Outcome> {
  const work = async (): Promise<Outcome> => {
    try {
      return toOutcome(await run(args, { signal }))
    } catch (error) {
      return { error: wordsOf(error) }
    }
  }
  return await untilAborted(work, signal)
}

/** A result that is no JSON throws here, as the tool may. A tool that gives nothing has done its work. */
function toOutcome(result: unknown = null): Outcome {
  const text = JSON.stringify(result)
  if (text === undefined) return { error: 'The result is no JSON.' }
  if (new TextEncoder().encode(text).length > MAX_RESULT_BYTES) return { error: TOO_LARGE }
  return { output: JSON.parse(text) as unknown }
}

function wordsOf(error: unknown): string {
  let words = ''
  try {
    words = String((error as Error | null)?.message || error)
  } catch {
    // An object that can't be made a text says nothing.
  }
  return words.slice(0, MAX_ERROR_LENGTH) || 'The tool failed.'
}
