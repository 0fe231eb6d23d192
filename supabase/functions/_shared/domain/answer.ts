import type { StreamPart } from '@loacl/wire'
import { toCodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { KeyRing } from './key_ring.ts'
import type { MessageParts } from './message_parts.ts'
import type { InputItem, Model, ModelCall, ModelEvent } from './model.ts'
import { createStepReader, type StepDetails, type StepReader } from './step_reader.ts'
import type { OpenTurn, StepOutcome, TurnOutcome } from './store.ts'
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
  model: Model,
  message: MessageParts,
  interrupt: AbortSignal,
): AsyncGenerator<StreamPart, EndedStep, undefined> {
  const reader = createStepReader(message.parts)
  let failure: unknown = null
  try {
    const call = await prepare()
    for await (const event of untilAborted(model.stream(call, interrupt), interrupt)) {
      for (const part of reader.read(event)) {
        message.add(part)
        yield part
      }
      if (reader.end) break
    }
  } catch (error) {
    failure = error
  }
  yield* reader.close()
  return { end: endOf(reader, failure, interrupt), details: reader.details }
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
    promptCacheKey: threadId,
    safetyIdentifier,
  }
}

/** What a step said, as input of the next. */
export const handBack = (providerItems: readonly unknown[]): InputItem[] =>
  providerItems.map((item) => ({ type: 'provider-item', item }))

export function toStepOutcome(message: MessageParts, details: StepDetails): StepOutcome {
  const { providerItems, responseId, model, usage } = details
  return { parts: message.parts, content: message.content, providerItems, responseId, model, usage }
}

export const toTurnOutcome = (end: TurnEnd, outcome: StepOutcome): TurnOutcome => ({
  ...outcome,
  state: end.state,
  errorCode: end.state === 'failed' ? end.error.code : null,
  cutReason: end.state === 'cut' ? end.cutReason : null,
})

/** The provider's own end counts most; an interruption explains whatever else went wrong. */
function endOf(reader: StepReader, failure: unknown, interrupt: AbortSignal): TurnEnd {
  if (reader.end) return reader.end
  if (interrupt.aborted) return interrupt.reason as TurnEnd
  return { state: 'failed', error: failure === null ? turnError('model_stream_broken') : toCodedError(failure) }
}

/** Leaves at once when the signal is aborted, even if the source does not. */
async function* untilAborted(source: AsyncIterable<ModelEvent>, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const iterator = source[Symbol.asyncIterator]()
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  try {
    for (;;) {
      const next = await Promise.race([aborted, iterator.next()])
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    // Not waited for: a source that hangs would hold the turn.
    iterator.return?.().catch(() => null)
  }
}
