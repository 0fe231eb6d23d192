import { contentOf, type StreamPart } from '@loacl/wire'
import { type CodedError, toCodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { ModelAccount, ToolCall } from './model.ts'
import type { ModerationResult, OpenTurn } from './store.ts'
import { openAccount } from './stored_secret.ts'
import type { Call } from './tools/tool.ts'
import type { TurnDeps } from './turn_deps.ts'
import { turnError } from './turn_errors.ts'

/** `POST /moderations` is the same in every wire format. */
export interface ModerationCall extends Pick<ModelAccount, 'apiKey' | 'baseUrl'> {
  model: string
  texts: readonly string[]
}

/** What a moderation model says of some texts, together. */
export interface Verdict {
  isFlagged: boolean
  /** As the provider names them. */
  categories: readonly string[]
  /** Tokens; `null` where the provider says nothing of them. */
  usage: { inputTokens: number; outputTokens: number } | null
}

/** The moderation provider. Rejects with a `CodedError`, `moderation_unavailable`, and stops the call when the signal is aborted. */
export interface Moderator {
  check(call: ModerationCall, signal: AbortSignal): Promise<Verdict>
}

type Direction = ModerationResult['flags'][number]['direction']

/** Characters of an answer that come between two checks, at least. */
const STRETCH = 1_000
/** Characters that are checked again with what follows them: what is flagged may stand across the place where a text is cut. */
const OVERLAP = 500
/** Longest text that a provider is sent in one piece. */
const LONGEST_TEXT = 10_000
/** How often a check is tried, and how long each time. */
const TRIES = 2
const TRY_MS = 4_000

/** What is moderated of one turn, as its worker runs it. */
export interface Moderation {
  /**
   * @param signal ends the waiting
   * @throws CodedError `input_flagged`, `moderation_unavailable`
   */
  checkQuestion(signal: AbortSignal): Promise<void>
  /** The same for what the model is to be told of calls in the visitor's words: why they said no, and what their page gave. */
  checkCalls(calls: readonly Call[], signal: AbortSignal): Promise<void>
  /** Takes in a part of the answer, and has it checked once there is enough of it. */
  watch(part: StreamPart): void
  /** Checks what is left of a step, with what it calls: the visitor may read that. Gives how the step ends: as it did, or as refused. */
  checkRest(end: TurnEnd, calls: readonly ToolCall[]): Promise<TurnEnd>
  /** Whether these may be shown beside the answer. Never rejects. */
  allows(texts: readonly string[]): Promise<boolean>
  /** What the database is to keep of it; `null` where nothing was checked that it does not have. */
  readonly result: ModerationResult | null
  /** The database has the result. */
  keepResult(): void
}

/** @param refuse ends the step that runs */
export function createModeration(
  { moderation: settings, provider, history, parts }: OpenTurn,
  { moderator, keyRing, report }: Pick<TurnDeps, 'moderator' | 'keyRing' | 'report'>,
  refuse: (end: TurnEnd) => void,
): Moderation {
  const sealed = settings?.hasProvider ? settings.provider : provider
  let flags: ModerationResult['flags'][number][] = []
  let usage: ModerationResult['usage'] | null = null
  /** Of the answer, not sent to a check yet. */
  let unchecked = ''
  let before = contentOf(parts).slice(-OVERLAP)
  let checking: Promise<void> | null = null
  let refusal: CodedError | null = null

  async function ask(texts: readonly string[], signal: AbortSignal | undefined): Promise<Verdict> {
    if (!sealed) throw turnError('provider_key_missing')
    const { apiKey, baseUrl } = await openAccount(keyRing, sealed)
    const call = { apiKey, baseUrl, model: settings!.model, texts }
    for (let tried = 1; ; tried++) {
      try {
        const inTime = AbortSignal.timeout(TRY_MS)
        return await moderator.check(call, signal ? AbortSignal.any([signal, inTime]) : inTime)
      } catch (error) {
        if (tried === TRIES || signal?.aborted) throw error
      }
    }
  }

  async function check(said: readonly string[], direction: Direction, signal?: AbortSignal): Promise<void> {
    const texts = said.flatMap(toTexts)
    let verdict: Verdict
    try {
      verdict = await ask(texts, signal)
    } catch (cause) {
      const error = turnError('moderation_unavailable', { cause })
      if (!settings!.failsOpen) throw error
      report(error)
      return
    }
    usage = addUsage(usage, verdict, texts)
    if (!verdict.isFlagged) return
    flags.push({ direction, categories: verdict.categories })
    throw turnError(direction === 'input' ? 'input_flagged' : 'output_flagged')
  }

  async function checkUnchecked(called: readonly string[] = []): Promise<void> {
    const text = unchecked === '' ? [] : [before + unchecked]
    before = (before + unchecked).slice(-OVERLAP)
    unchecked = ''
    try {
      await check([...text, ...called], 'output')
    } catch (error) {
      refusal = toCodedError(error)
      refuse({ state: 'failed', error: refusal })
    }
    checking = null
  }

  return {
    async checkQuestion(signal) {
      const asked = history.at(-1)
      if (!settings?.input || asked?.role !== 'user') return
      // A visitor's client could say anything for a page.
      const said = [asked.content, asked.context?.text ?? ''].filter((text) => text !== '').join('\n\n')
      if (said !== '') await check([said], 'input', signal)
    },

    async checkCalls(calls, signal) {
      const said = settings?.input ? calls.flatMap(saidByVisitor) : []
      if (said.length > 0) await check(said, 'input', signal)
    },

    watch(part) {
      if (!settings?.output) return
      unchecked += shownBy(part)
      if (!checking && !refusal && unchecked.length >= STRETCH) checking = checkUnchecked()
    },

    async checkRest(end, calls) {
      await checking
      const called = settings?.output ? calls.flatMap(saidBy) : []
      if (!refusal && (unchecked !== '' || called.length > 0)) await checkUnchecked(called)
      return refusal ? { state: 'failed', error: refusal } : end
    },

    async allows(texts) {
      if (!settings?.output || texts.length === 0) return true
      try {
        await check([texts.join('\n')], 'output')
        return true
      } catch (error) {
        report(error)
        return false
      }
    },

    get result() {
      return usage && { configId: sealed!.configId, model: settings!.model, flags, usage }
    },

    keepResult() {
      flags = []
      usage = null
    },
  }
}

/** What a visitor reads of a part. */
function shownBy(part: StreamPart): string {
  if ('delta' in part) return part.delta
  if (part.type !== 'source-url' && part.type !== 'source-document') return ''
  // Told again with each further citation: the others were seen before.
  const quote = part.citations?.at(-1)?.quote ?? ''
  return `\n${part.title ?? ''} ${part.type === 'source-url' ? part.url : ''} ${quote}\n`
}

/** What a model says to a tool, without the ways in which JSON can spell it. */
function saidBy({ arguments: text }: ToolCall): string[] {
  try {
    const said = JSON.stringify(JSON.parse(text))
    return said === '{}' ? [] : [said]
  } catch {
    // Nobody is shown it.
    return []
  }
}

function saidByVisitor({ kind, status, result, errorCode, errorMessage }: Call): string[] {
  if (errorCode === 'denied') return errorMessage ? [errorMessage] : []
  return kind === 'page' && status === 'completed' ? [JSON.stringify(result)] : []
}

/** In pieces that overlap. */
function toTexts(text: string): string[] {
  const texts: string[] = []
  let from = 0
  do {
    texts.push(text.slice(from, from + LONGEST_TEXT).toWellFormed())
    from += LONGEST_TEXT - OVERLAP
  } while (from + OVERLAP < text.length)
  return texts
}

/** As estimate_tokens of the database: a token for three bytes, where the provider says nothing. */
function addUsage(sum: ModerationResult['usage'] | null, { usage }: Verdict, texts: readonly string[]) {
  const bytes = new TextEncoder().encode(texts.join('')).length
  const { inputTokens, outputTokens } = usage ?? { inputTokens: Math.ceil(bytes / 3), outputTokens: 0 }
  return {
    inputTokens: (sum?.inputTokens ?? 0) + inputTokens,
    outputTokens: (sum?.outputTokens ?? 0) + outputTokens,
    isEstimate: (sum?.isEstimate ?? false) || usage === null,
  }
}
