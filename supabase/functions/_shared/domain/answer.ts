import type { StreamPart } from '@loacl/wire'
import { toCodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { KeyRing } from './key_ring.ts'
import { MessageParts } from './message_parts.ts'
import type { Model, ModelCall, ModelEvent } from './model.ts'
import { type OutputLimits, OutputMeter, TooMuchOutput } from './output_limits.ts'
import { createResponsesReader, type ResponsesReader } from './responses_events.ts'
import type { NewTurn, TurnOutcome } from './store.ts'
import { openProviderKey } from './stored_secret.ts'
import { turnError } from './turn_errors.ts'

/** An answer's end, and what of it is to be stored. */
export interface Answer {
  end: TurnEnd
  outcome: TurnOutcome
}

/**
 * Streams the model's answer as parts, and returns how it ended. Never throws: whatever goes wrong is an end as well.
 *
 * @param interrupt ends the answer early; its reason is a `TurnEnd`
 */
export async function* streamAnswer(
  prepare: () => Promise<ModelCall>,
  limits: OutputLimits,
  model: Model,
  interrupt: AbortSignal,
): AsyncGenerator<StreamPart, Answer, undefined> {
  const reader = createResponsesReader(limits)
  const meter = new OutputMeter(limits)
  const message = new MessageParts()
  let failure: unknown = null
  try {
    const call = await prepare()
    for await (const event of untilAborted(model.stream(call, interrupt), interrupt)) {
      for (const part of meter.pass(reader.read(event))) {
        message.add(part)
        yield part
      }
      if (reader.end) break
    }
  } catch (error) {
    failure = error
  }
  yield* reader.close()
  const end = endOf(reader, failure, interrupt)
  return { end, outcome: toOutcome(end, message, reader) }
}

/**
 * Opens the provider's key and makes the call of a turn.
 * @throws CodedError `provider_key_missing`, `provider_key_unusable`
 */
export async function toModelCall(turn: NewTurn, keyRing: KeyRing, safetyIdentifier: string): Promise<ModelCall> {
  const { assistant, provider, history, threadId } = turn
  if (!provider) throw turnError('provider_key_missing')
  const apiKey = await openProviderKey(keyRing, provider)
  return {
    apiKey,
    baseUrl: provider.baseUrl,
    model: assistant.model,
    instructions: assistant.instructions,
    input: history,
    temperature: assistant.temperature,
    maxOutputTokens: assistant.maxOutputTokens,
    promptCacheKey: threadId,
    safetyIdentifier,
  }
}

/** The provider's own end counts most, but for one of more than we took; an interruption explains whatever else went wrong. */
function endOf(reader: ResponsesReader, failure: unknown, interrupt: AbortSignal): TurnEnd {
  if (failure instanceof TooMuchOutput) return { state: 'cut', cutReason: 'max_output_tokens' }
  if (reader.end) return reader.end
  if (interrupt.aborted) return interrupt.reason as TurnEnd
  return { state: 'failed', error: failure === null ? turnError('model_stream_broken') : toCodedError(failure) }
}

function toOutcome(end: TurnEnd, message: MessageParts, { details }: ResponsesReader): TurnOutcome {
  return {
    state: end.state,
    parts: message.parts,
    content: message.content,
    errorCode: end.state === 'failed' ? end.error.code : null,
    cutReason: end.state === 'cut' ? end.cutReason : null,
    providerItems: details.items,
    responseId: details.responseId,
    model: details.model,
    usage: details.usage,
  }
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
