import type { InputItem, Model, ModelCall } from './model.ts'
import type { HistoryMessage, OpenTurn } from './store.ts'
import { makeSummary } from './summary.ts'
import type { TurnDeps } from './turn_deps.ts'
import { toCodedError } from './coded_error.ts'
import { turnError } from './turn_errors.ts'

/** Characters of a tool's output that are told where the whole is too much. */
const LONG_OUTPUT = 4_000
/** How long a summary may take that the answer waits for. */
const SUMMARY_AWAITED_MS = 8_000

type Told = Pick<ModelCall, 'instructions' | 'input'>

/** The conversation as a call tells it: what is ours of it stands behind the owner's instructions. */
export function tellHistory(instructions: string, history: readonly HistoryMessage[]): Told {
  const notes = history.flatMap(({ role, content, context }) => [
    ...(role === 'developer' ? [content] : []),
    ...(context ? [context.note] : []),
  ])
  return {
    instructions: [instructions, ...notes].filter((text) => text !== '').join('\n\n'),
    input: history.flatMap(toItems),
  }
}

/** What the page said, and a message's files, stand before what was written. */
function toItems({ role, content, context, files = [] }: HistoryMessage): InputItem[] {
  if (role === 'developer') return []
  const told = files.flatMap(({ path, ...file }): InputItem[] =>
    path === null ? [] : [{ type: 'stored-file', path, name: file.name, mediaType: file.mediaType, size: file.size }],
  )
  const left = files.flatMap(({ path, name }) => (path === null ? [name] : []))
  const text = left.length === 0 ? content : `[Files that are not shown here: ${left.join(', ')}]\n${content}`
  return [
    ...(context
      ? [{ type: 'text' as const, role: 'user' as const, text: context.text, isContext: true as const }]
      : []),
    ...told,
    ...(text === '' && told.length > 0 ? [] : [{ type: 'text' as const, role, text }]),
  ]
}

/** What a turn's model is told of the conversation, which may become less on the way to the answer. */
export interface ToldHistory {
  /** Makes the summary that the turn waits for, if there is one. Whatever goes wrong, the turn goes on with what it has. */
  summarize(call: ModelCall, interrupt: AbortSignal): Promise<void>
  /** Told what is told now; less of it, once, and long outputs of tools without their middle, where that is too long. */
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
  const withTold = (call: ModelCall): ModelCall => {
    const now = told ? { ...call, ...told, input: [...told.input, ...call.input.slice(length)] } : call
    return isShortened ? { ...now, input: now.input.map(shortenOutput) } : now
  }

  const shorten = async ({ input }: ModelCall, cause: unknown): Promise<void> => {
    const history = isShortened ? null : await store.shortenHistory(turn.turn)
    if (isShortened || (!history && !input.some(isLongOutput))) throw turnError('model_input_too_long', { cause })
    isShortened = true
    if (history) replace(history)
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
          await shorten(call, error)
        }
        yield* model.stream(withTold(call), signal)
      },
    },
  }
}

const isLongOutput = (item: InputItem): boolean => item.type === 'tool-result' && item.output.length > LONG_OUTPUT

/** A tool's long output without its middle. */
function shortenOutput(item: InputItem): InputItem {
  if (item.type !== 'tool-result' || !isLongOutput(item)) return item
  const { output } = item
  const half = LONG_OUTPUT / 2
  const note = `\n[… ${output.length - LONG_OUTPUT} characters left out …]\n`
  return { ...item, output: (output.slice(0, half) + note + output.slice(-half)).toWellFormed() }
}

const isTooLong = (error: unknown): boolean => toCodedError(error).code === 'model_input_too_long'
