import type { MessagePart, StreamPart } from '@loacl/wire'
import { createCitedSources } from './cited_sources.ts'
import type { OpenText } from './continuation.ts'
import type { ModelEnd, ModelEvent, ToolCall } from './model.ts'
import { type ResponseLimits, TooMuchOutput } from './output_limits.ts'
import { createSeam } from './seam.ts'
import { toStorable, toStorableJson } from './storable.ts'
import type { GivenUpCall, TokenUsage } from './store.ts'
import { createHostedCallReader } from './tools/hosted_calls.ts'
import type { Tool } from './tools/tool.ts'
import type { HostedCalls } from './tools/tool_store.ts'

/** What the model said beside the parts. */
export interface StepDetails {
  /** Whether the model was called at all. */
  isCalled: boolean
  responseId: string | null
  model: string | null
  usage: TokenUsage | null
  /** Its output as the provider has it. */
  providerItems: readonly unknown[]
  toolCalls: readonly ToolCall[]
  /** Tools that the provider ran. */
  hostedCalls: readonly HostedCalls[]
  /** Who was asked in the end, where the first was down. */
  fallback: { configId: string; model: string } | null
  /** The first one's call, where that was down. */
  givenUp: GivenUpCall | null
}

/** Of a step in which the model said nothing. */
export const NO_DETAILS: StepDetails = {
  isCalled: false,
  responseId: null,
  model: null,
  usage: null,
  providerItems: [],
  toolCalls: [],
  hostedCalls: [],
  fallback: null,
  givenUp: null,
}

/** Turns what a model says in one step into parts. */
export interface StepReader {
  /** The parts that one event brings, in order. */
  read(event: ModelEvent): StreamPart[]
  /** Ends what is still open: call it once, whatever ended the stream. */
  close(): StreamPart[]
  /** `null` until the model's own last event. */
  readonly end: ModelEnd | null
  readonly details: Omit<StepDetails, 'isCalled' | 'fallback' | 'givenUp'>
}

type Kind = 'text' | 'reasoning'

/** What an object takes beside its JSON. */
const OBJECT_BYTES = 64

/**
 * Keeps no more beside the parts than one event may have. Throws `TooMuchOutput` where there is more to keep, and
 * `model_stream_broken` where that can't be stored.
 *
 * @param before the message's parts from earlier steps: ids go on from theirs, and their sources are not named again
 * @param cut the text among them in which the model goes on
 * @param tools of the turn: of those that the provider runs is told
 */
export function createStepReader(
  { eventBytes }: Pick<ResponseLimits, 'eventBytes'>,
  before: readonly MessagePart[] = [],
  cut: OpenText | null = null,
  tools: readonly Tool[] = [],
): StepReader {
  const seam = cut && createSeam(cut.text)
  let isCut = cut !== null
  let open: { key: string; kind: Kind; id: string } | null = null
  let end: ModelEnd | null = null
  let count = before.filter(({ type }) => type === 'text' || type === 'reasoning').length
  let half = { key: '', text: '' }
  let response: Pick<StepDetails, 'responseId' | 'model' | 'usage'> = NO_DETAILS
  const begun = new Set<string>()
  const sources = createCitedSources(before)
  const items: unknown[] = []
  const toolCalls: ToolCall[] = []
  const hosted = createHostedCallReader(tools)
  let keptBytes = 0

  const keep = (bytes: number): void => {
    keptBytes += bytes + OBJECT_BYTES
    if (keptBytes > eventBytes) throw new TooMuchOutput()
  }

  const close = (): StreamPart[] => {
    if (!open) return []
    const { kind, id } = open
    open = null
    const held = id === cut?.id ? seam!.end() : ''
    sources.pass(held)
    return [...(held ? [{ type: 'text-delta' as const, id, delta: held }] : []), { type: `${kind}-end`, id }]
  }

  const delta = (kind: Kind, key: string, piece: string): StreamPart[] => {
    // A provider may cut a character in two: its first half waits for the second.
    const whole = (half.key === key ? half.text : '') + piece
    half = { key, text: /[\uD800-\uDBFF]$/.exec(whole)?.[0] ?? '' }
    const said = half.text ? whole.slice(0, -1) : whole
    const goesOn = kind === 'text' && cut !== null && (isCut || (open?.key === key && open.id === cut.id))
    if (kind === 'text' && !goesOn) sources.follow(key, said)
    const text = toStorable(said)
    if (text === '') return []
    const parts: StreamPart[] = []
    if (open?.key !== key) {
      parts.push(...close())
      if (goesOn) isCut = false
      open = { kind, key, id: goesOn ? cut.id : `${kind}-${++count}` }
      keep(key.length)
      begun.add(key)
      if (!goesOn) parts.push({ type: `${kind}-start`, id: open.id })
    }
    const fresh = goesOn ? seam!.pass(text) : text
    if (goesOn) sources.pass(fresh)
    if (fresh) parts.push({ type: `${kind}-delta`, id: open.id, delta: fresh })
    return [...parts, ...sources.catchUp(false)]
  }

  const done = (kind: Kind, key: string, text: string): StreamPart[] => {
    const parts = begun.has(key) ? [] : delta(kind, key, text)
    return open?.key === key ? [...parts, ...close()] : parts
  }

  return {
    read(event) {
      switch (event.type) {
        case 'text-delta':
        case 'reasoning-delta':
          return delta(kindOf(event), keyOf(event), event.delta)
        case 'text-done':
        case 'reasoning-done':
          return done(kindOf(event), keyOf(event), event.text)
        case 'citation':
          return sources.cite({ ...event, key: `text ${event.key}` })
        case 'tool-call':
          keep(event.arguments.length)
          toolCalls.push(toStorableJson(event))
          return []
        case 'hosted-call':
          return hosted.read(event)
        case 'item': {
          const item = toStorableJson(event.item)
          keep(JSON.stringify(item).length)
          items.push(item)
          return []
        }
        case 'response': {
          const { responseId, model, usage } = toStorableJson(event)
          response = { responseId: responseId || null, model: model || null, usage }
          return []
        }
        case 'end':
          end = event.end
          return [...close(), ...sources.catchUp(true)]
      }
    },
    close() {
      const parts = close()
      if (isCut) parts.push({ type: 'text-end', id: cut!.id })
      isCut = false
      return [...parts, ...hosted.close()]
    },
    get end() {
      return end
    },
    get details() {
      const { responseId, model, usage } = response
      return { responseId, model, usage, providerItems: items, toolCalls, hostedCalls: hosted.calls }
    },
  }
}

const kindOf = ({ type }: { type: `${Kind}-${string}` }): Kind => (type.startsWith('text') ? 'text' : 'reasoning')
const keyOf = (event: { type: `${Kind}-${string}`; key: string }): string => `${kindOf(event)} ${event.key}`
