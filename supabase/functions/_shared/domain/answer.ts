import type { KeyRing } from '@loacl/sealing'
import { isReasoning, type StreamPart } from '@loacl/wire'
import { toCodedError } from './coded_error.ts'
import { GO_ON, isContinuation, type OpenText } from './continuation.ts'
import type { TurnEnd } from './ending.ts'
import type { MessageParts } from './message_parts.ts'
import { askModel, type Failure, type StepCalls } from './fallback.ts'
import type { InputItem, Model, ModelCall } from './model.ts'
import { MAX_CHARACTERS, type OutputLimits, OutputMeter, TooMuchOutput } from './output_limits.ts'
import { createStepReader, type StepDetails, type StepReader } from './step_reader.ts'
import type { ModerationResult, OpenTurn, SealedProvider, StepOutcome, TurnOutcome } from './store.ts'
import { openAccount } from './stored_secret.ts'
import { offerTools } from './tools/offered_tools.ts'
import type { Tool } from './tools/tool.ts'
import { tellHistory } from './told_history.ts'
import { turnError } from './turn_errors.ts'
import { untilAborted } from './until_aborted.ts'

/** A step's end, and what the model said beside the parts. */
export interface EndedStep {
  end: TurnEnd
  details: StepDetails
  /** The call that was answered, or failed last; `null` where none was made. */
  call: ModelCall | null
}

/**
 * Streams what the model says in one step as parts, adds them to the message, and returns how it ended. Never throws:
 * whatever goes wrong is an end as well.
 *
 * @param interrupt ends the step early; its reason is a `TurnEnd`
 * @param tools of the turn: of those that the provider runs is told
 * @param cut the text of the message in which the model goes on
 */
export async function* streamStep(
  prepare: () => Promise<StepCalls>,
  limits: OutputLimits,
  model: Model,
  message: MessageParts,
  interrupt: AbortSignal,
  report: (error: unknown) => void,
  tools: readonly Tool[] = [],
  cut: OpenText | null = null,
): AsyncGenerator<StreamPart, EndedStep, undefined> {
  const reader = createStepReader(limits, message.parts, cut, tools)
  // A message has a longest text, however many steps write it.
  const characters = Math.min(limits.characters, MAX_CHARACTERS - message.content.length)
  const meter = new OutputMeter({ characters })
  let showsReasoning = false
  let isCalled = false
  let call: ModelCall | null = null
  let fallback: StepDetails['fallback'] = null
  let givenUp: StepDetails['givenUp'] = null
  let failure: unknown = null
  const isShown = (part: StreamPart) => showsReasoning || !isReasoning(part)
  try {
    const calls = await prepare()
    call = calls.first
    showsReasoning = call.showsReasoning
    isCalled = !interrupt.aborted
    const onDown = ({ error, ...said }: Failure) => {
      report(error)
      givenUp = { errorCode: error.code, ...said }
    }
    const onFallback = (taken: ModelCall) => {
      call = taken
      fallback = { configId: taken.configId, model: taken.model }
    }
    const events = isCalled ? untilAborted(askModel(calls, model, interrupt, onDown, onFallback), interrupt) : []
    for await (const event of events) {
      for (const part of meter.pass(reader.read(event))) {
        if (!isShown(part)) continue
        message.add(part)
        yield part
      }
      if (reader.end) break
    }
  } catch (error) {
    failure = error
  }
  for (const part of reader.close().filter(isShown)) {
    message.add(part)
    yield part
  }
  return { end: endOf(reader, failure, interrupt), details: { ...reader.details, isCalled, fallback, givenUp }, call }
}

/**
 * Opens the provider's key and makes the calls of the first step that this worker runs.
 * @param added what is added to the input before it
 * @throws CodedError `provider_key_missing`, `provider_key_unusable`
 */
export async function toStepCalls(
  turn: OpenTurn,
  keyRing: KeyRing,
  safetyIdentifier: string,
  added: readonly InputItem[],
): Promise<StepCalls> {
  const { assistant, provider, fallback, history, steps, threadId } = turn
  if (!provider) throw turnError('provider_key_missing')
  const told = tellHistory(assistant.instructions, history)
  const before = steps.flatMap(({ input, providerItems, configId }) => [...input, ...handBack(providerItems, configId)])
  const toCall = async (sealed: SealedProvider, model: string): Promise<ModelCall> => ({
    ...(await openAccount(keyRing, sealed)),
    model,
    instructions: told.instructions,
    input: [...told.input, ...(isContinuation(turn) ? [GO_ON] : []), ...before, ...added],
    temperature: assistant.temperature,
    reasoningEffort: assistant.reasoningEffort,
    maxOutputTokens: assistant.maxOutputTokens,
    tools: offerTools(turn, steps.length + 1),
    maxHostedCalls: turn.maxHostedCalls,
    showsReasoning: assistant.showReasoning,
    promptCacheKey: threadId,
    safetyIdentifier,
  })
  return {
    first: await toCall(provider, assistant.model),
    fallback: fallback && (() => toCall(fallback.provider, fallback.model)),
  }
}

/** The calls of the step after one that was answered. Where the fallback answered, it goes on. */
export function toNextCalls(
  { fallback }: StepCalls,
  { details }: EndedStep,
  answered: ModelCall,
  added: readonly InputItem[],
  tools: ModelCall['tools'],
): StepCalls {
  const input = [...answered.input, ...handBack(details.providerItems, answered.configId), ...added]
  return {
    first: { ...answered, input, tools },
    fallback: details.fallback ? null : fallback && (async () => ({ ...(await fallback()), input, tools })),
  }
}

/** What a step said, as input of the next. `from`: the account that said it, where that is known. */
const handBack = (providerItems: readonly unknown[], from: string | null): InputItem[] =>
  providerItems.map((item) => ({ type: 'provider-item', item, from: from ?? '' }))

export function toStepOutcome(
  message: MessageParts,
  details: StepDetails,
  moderation: ModerationResult | null,
): StepOutcome {
  const { toolCalls: _, ...kept } = details
  return { parts: message.parts, content: message.content, ...kept, moderation }
}

export const toTurnOutcome = (end: TurnEnd, outcome: StepOutcome): TurnOutcome => ({
  ...outcome,
  state: end.state,
  errorCode: end.state === 'failed' ? end.error.code : null,
  cutReason: end.state === 'cut' ? end.cutReason : null,
})

/** The provider's own end counts most, but for one of more than we took; an interruption explains whatever else went wrong. */
function endOf(reader: StepReader, failure: unknown, interrupt: AbortSignal): TurnEnd {
  if (failure instanceof TooMuchOutput) return { state: 'cut', cutReason: 'max_output_tokens' }
  if (reader.end) return reader.end
  if (interrupt.aborted) return interrupt.reason as TurnEnd
  return { state: 'failed', error: failure === null ? turnError('model_stream_broken') : toCodedError(failure) }
}
