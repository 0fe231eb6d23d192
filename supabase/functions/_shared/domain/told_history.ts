import type { InputItem, Model, ModelCall } from './model.ts'
import type { HistoryMessage, OpenTurn } from './store.ts'
import { makeSummary } from './summary.ts'
import type { TurnDeps } from './turn_deps.ts'
import { toCodedError } from './coded_error.ts'
import { turnError } from './turn_errors.ts'

/** How long a summary may take that the answer waits for. */
const SUMMARY_AWAITED_MS = 8_000

type Told = Pick<ModelCall, 'instructions' | 'input'>

/** The conversation as a call tells it: what is ours of it stands behind the owner's instructions. */
export function tellHistory(instructions: string, history: readonly HistoryMessage[]): Told {
  const notes = history.flatMap(({ role, content }) => (role === 'developer' ? [content] : []))
  return {
    instructions: [instructions, ...notes].filter((text) => text !== '').join('\n\n'),
    input: history.flatMap(({ role, content }): InputItem[] =>
      role === 'developer' ? [] : [{ type: 'text', role, text: content }],
    ),
  }
}

/** What a turn's model is told of the conversation, which may become less on the way to the answer. */
export interface ToldHistory {
  /** Makes the summary that the turn waits for, if there is one. Whatever goes wrong, the turn goes on with what it has. */
  summarize(call: ModelCall, interrupt: AbortSignal): Promise<void>
  /** Told what the turn is; less of it, once, where the provider says that the input is too long. */
  model: Model
}

export function createToldHistory(turn: OpenTurn, deps: TurnDeps): ToldHistory {
  const { store, model, report } = deps
  const { length } = tellHistory('', turn.history).input
  let told: Told | null = null
  let isShortened = false
  let isSummaryDue = turn.summary === 'due'

  const replace = (history: readonly HistoryMessage[]): Told =>
    (told = tellHistory(turn.assistant.instructions, history))

  /** The call with what is told now in place of what the turn began with. */
  const withTold = (call: ModelCall): ModelCall =>
    told ? { ...call, instructions: told.instructions, input: [...told.input, ...call.input.slice(length)] } : call

  const shorten = async (cause: unknown): Promise<void> => {
    const history = isShortened ? null : await store.shortenHistory(turn.turn)
    if (!history) throw turnError('model_input_too_long', { cause })
    isShortened = true
    replace(history)
  }

  return {
    async summarize(call, interrupt) {
      if (!isSummaryDue) return
      isSummaryDue = false
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), SUMMARY_AWAITED_MS)
      try {
        const history = await makeSummary(call, turn, deps, AbortSignal.any([interrupt, late.signal]))
        if (history) replace(history)
      } catch (error) {
        report(error)
      } finally {
        clearTimeout(timer)
      }
    },

    model: {
      generate: (call, signal) => model.generate(call, signal),

      async *stream(call, signal) {
        let isBegun = false
        try {
          for await (const event of model.stream(withTold(call), signal)) {
            if (event.type === 'end' && event.end.state === 'failed' && !isBegun && isTooLong(event.end.error))
              throw event.end.error
            isBegun ||= event.type !== 'response'
            yield event
          }
          return
        } catch (error) {
          if (isBegun || !isTooLong(error)) throw error
          await shorten(error)
        }
        yield* model.stream(withTold(call), signal)
      },
    },
  }
}

const isTooLong = (error: unknown): boolean => toCodedError(error).code === 'model_input_too_long'
