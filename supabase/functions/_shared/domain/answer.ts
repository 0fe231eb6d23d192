import type { KeyRing } from '@loacl/sealing'
import { isReasoning, type StreamPart } from '@loacl/wire'
import { toCodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { MessageParts } from './message_parts.ts'
import type { InputItem, Model, ModelCall, ModelEvent } from './model.ts'
import { MAX_CHARACTERS, type OutputLimits, OutputMeter, TooMuchOutput } from './output_limits.ts'
import { createStepReader, type StepDetails, type StepReader } from './step_reader.ts'
import type { ModerationResult, OpenTurn, StepOutcome, TurnOutcome } from './store.ts'
import { openProviderKey } from './stored_secret.ts'
import { turnError } from './turn_errors.ts'

/** A step's end, and what the model said beside the parts. */
export interface EndedStep {
  end: TurnEnd
  details: StepDetails
}

/**
 * Streams what the model says in one step as parts, adds them to the message, and returns how it ended. Never throws:
 * whatever goes wrong is an end as well.
 *
 * @param interrupt ends the step early; its reason is a `TurnEnd`
 */
export async function* streamStep(
  prepare: () => Promise<ModelCall>,
  limits: OutputLimits,
  model: Model,
  message: MessageParts,
  interrupt: AbortSignal,
): AsyncGenerator<StreamPart, EndedStep, undefined> {
  const reader = createStepReader(limits, message.parts)
  // A message has a longest text, however many steps write it.
  const characters = Math.min(limits.characters, MAX_CHARACTERS - message.content.length)
  const meter = new OutputMeter({ characters })
  let showsReasoning = false
  let isCalled = false
  let failure: unknown = null
  const isShown = (part: StreamPart) => showsReasoning || !isReasoning(part)
  try {
    const call = await prepare()
    showsReasoning = call.showsReasoning
    isCalled = !interrupt.aborted
    for await (const event of isCalled ? untilAborted(model.stream(call, interrupt), interrupt) : []) {
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
  yield* reader.close().filter(isShown)
  return { end: endOf(reader, failure, interrupt), details: { ...reader.details, isCalled } }
}

/**
 * Opens the provider's key and makes the call of a turn's next step.
 * @param added what is added to the input before it
 * @throws CodedError `provider_key_missing`, `provider_key_unusable`
 */
export async function toModelCall(
  turn: OpenTurn,
  keyRing: KeyRing,
  safetyIdentifier: string,
  added: readonly InputItem[],
): Promise<ModelCall> {
  const { assistant, provider, history, steps, threadId } = turn
  if (!provider) throw turnError('provider_key_missing')
  const apiKey = await openProviderKey(keyRing, provider)
  const said: readonly InputItem[] = history.map(({ role, content }) => ({ type: 'text', role, text: content }))
  return {
    apiKey,
    baseUrl: provider.baseUrl,
    model: assistant.model,
    instructions: assistant.instructions,
    input: [...said, ...steps.flatMap(({ input, providerItems }) => [...input, ...handBack(providerItems)]), ...added],
    temperature: assistant.temperature,
    maxOutputTokens: assistant.maxOutputTokens,
    showsReasoning: assistant.showReasoning,
    promptCacheKey: threadId,
    safetyIdentifier,
  }
}

/** What a step said, as input of the next. */
export const handBack = (providerItems: readonly unknown[]): InputItem[] =>
  providerItems.map((item) => ({ type: 'provider-item', item }))

export function toStepOutcome(message: MessageParts, details: StepDetails): StepOutcome {
  const { isCalled, providerItems, responseId, model, usage } = details
  return { parts: message.parts, content: message.content, isCalled, providerItems, responseId, model, usage }
}

export const toTurnOutcome = (
  end: TurnEnd,
  outcome: StepOutcome,
  moderation: ModerationResult | null,
): TurnOutcome => ({
  ...outcome,
  state: end.state,
  errorCode: end.state === 'failed' ? end.error.code : null,
  cutReason: end.state === 'cut' ? end.cutReason : null,
  moderation,
})

/** The provider's own end counts most, but for one of more than we took; an interruption explains whatever else went wrong. */
function endOf(reader: StepReader, failure: unknown, interrupt: AbortSignal): TurnEnd {
  if (failure instanceof TooMuchOutput) return { state: 'cut', cutReason: 'max_output_tokens' }
  if (reader.end) return reader.end
  if (interrupt.aborted) return interrupt.reason as TurnEnd
  return { state: 'failed', error: failure === null ? turnError('model_stream_broken') : toCodedError(failure) }
}

/** Leaves at once when the signal is aborted, even if the source does not. Keeps nothing of the events that have passed. */
async function* untilAborted(source: AsyncIterable<ModelEvent>, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const iterator = source[Symbol.asyncIterator]()
  let leave: (() => void) | undefined
  signal.addEventListener('abort', () => leave?.(), { once: true })
  const nextOrNull = () =>
    new Promise<IteratorResult<ModelEvent> | null>((resolve, reject) => {
      leave = () => resolve(null)
      if (signal.aborted) resolve(null)
      iterator.next().then(resolve, reject)
    })
  try {
    for (;;) {
      const next = await nextOrNull()
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    // Not waited for: a source that hangs would hold the turn.
    iterator.return?.().catch(() => null)
  }
}
