import { APIError } from 'openai'
import type { ModelCall } from '../domain/model.ts'
import { objectOf } from './json_values.ts'

/** For the owner's log: a parameter that a model refuses, and what is done about it from then on. */
export interface RefusedParameter {
  parameter: string
  /** The name that it is sent under instead; `null`: it is left out. */
  renamedTo: string | null
  model: string
  configId: string
}

type Params = Readonly<Record<string, unknown>>

/** How a provider says that a model, or this one's set-up, has no tools. A tool that it finds wrong is another matter. */
const NO_TOOLS =
  /\b(tools?|functions?)\b.*\b(not|un)[ -]?support|\b(not|un)[ -]?support(ed)?\b.*\b(tools?|functions?)\b|\btool choice requires\b/i
/**
 * An answer without them is one all the same. A dot leads into an object, or to the entries of a list that have this `type`. The patterns find them in the words of a provider
 * that names no parameter beside.
 */
const OPTIONAL: Readonly<Record<string, RegExp>> = {
  temperature: /\btemperature\b/,
  'reasoning.effort': /\breasoning([._ ]effort|\b(?!\.))/i,
  'reasoning.summary': /\breasoning([._ ]summary|\b(?!\.))|\bsummaries\b/i,
  reasoning_effort: /\breasoning_effort\b/,
  include: /\bencrypted_content\b|\binclude\b/,
  prompt_cache_key: /\bprompt_cache_key\b/,
  'stream_options.include_obfuscation': /\binclude_obfuscation\b|\bstream_options\b(?!\.)/,
  'stream_options.include_usage': /\binclude_usage\b|\bstream_options\b(?!\.)/,
  'text.format': /\btext\.format\b|\bjson_schema\b/,
  'tools.web_search': /\bweb_search\b/,
  'tools.file_search': /\bfile_search\b/,
  'tools.code_interpreter': /\bcode_interpreter\b/,
  parallel_tool_calls: /\bparallel_tool_calls\b/,
  max_tool_calls: /\bmax_tool_calls\b/,
  response_format: /\bresponse_format\b|\bjson_schema\b/,
}
/** What goes with the tools. */
const ABOUT_TOOLS = ['tools', 'parallel_tool_calls', 'max_tool_calls']
/**
 * Never left out: the longest answer is what a budget reserves, and the provider's abuse detection tells visitors apart by
 * the other. Both have two names.
 */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
  safety_identifier: 'user',
}
/** How providers word that they don't know a name, in contrast to a value. */
const UNKNOWN = /unsupported|not support|unrecogni[sz]ed|unknown|not permitted|extra/i
/** Accounts and models that are remembered: a worker lives for minutes. */
const MOST_REMEMBERED = 1_000

/**
 * Asks models without what they have refused. It is remembered for as long as the worker lives: a refusal costs one quick
 * request, and nothing has to be set anew where a provider learns a parameter.
 *
 * @param note told of each refusal, once
 */
export function createParameterMemory(note: (refused: RefusedParameter) => void = () => {}) {
  const remembered = new Map<string, ReadonlyMap<string, string | null>>()

  return {
    /** Sends what the model takes of the parameters. Rejects as `send` does where a refusal is not about one of them, or it can't be spared. */
    async send<P extends object, T>(
      { configId, model }: Pick<ModelCall, 'configId' | 'model'>,
      params: P,
      send: (accepted: P) => Promise<T>,
    ): Promise<T> {
      const key = `${configId} ${model}`
      for (;;) {
        const known = remembered.get(key) ?? new Map<string, string | null>()
        const accepted = applyTo(params as Params, known) as P
        try {
          return await send(accepted)
        } catch (error) {
          const refused = findRefused(error, accepted as Params, known)
          if (refused.length === 0) throw error
          if (remembered.size >= MOST_REMEMBERED) remembered.clear()
          remembered.set(key, new Map([...known, ...refused]))
          for (const [parameter, renamedTo] of refused) note({ parameter, renamedTo, model, configId })
        }
      }
    },
  }
}

/** What is refused of what was sent, with the name to send it under; nothing where the call is to fail. */
function findRefused(
  error: unknown,
  sent: Params,
  known: ReadonlyMap<string, string | null>,
): [string, string | null][] {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return []
  const optional = Object.entries(OPTIONAL).filter(([path, words]) => has(sent, path) && isMeant(error, path, words))
  if (optional.length > 0) return optional.map(([path]) => [path, null])
  if (NO_TOOLS.test(error.message)) {
    const aboutTools = ABOUT_TOOLS.filter((name) => has(sent, name))
    if (aboutTools.length > 0) return aboutTools.map((name) => [name, null])
  }
  if (!UNKNOWN.test(`${error.code} ${error.message}`)) return []
  return Object.entries(OTHER_NAMES).filter(
    ([name]) =>
      has(sent, name) &&
      isMeant(error, name, new RegExp(`\\b${name}\\b`)) &&
      // It has had its other name already.
      ![...known.values()].includes(name),
  )
}

function isMeant({ param, message }: APIError, path: string, words: RegExp): boolean {
  // It names the place of the tool, and its type in its words.
  if (!param || (path.startsWith('tools.') && /^tools\b/.test(param))) return words.test(message)
  return param === path || param.startsWith(`${path}.`) || param.startsWith(`${path}[`) || path.startsWith(`${param}.`)
}

function has(params: Params, path: string): boolean {
  const [name = '', inner] = path.split('.')
  const value = params[name]
  if (inner === undefined) return value !== undefined
  if (Array.isArray(value)) return value.some(hasType(inner))
  return typeof value === 'object' && value !== null && inner in value
}

const hasType =
  (type: string) =>
  (entry: unknown): boolean =>
    objectOf(entry).type === type

function applyTo(params: Params, changes: ReadonlyMap<string, string | null>): Params {
  let accepted = params
  for (const [path, renamedTo] of changes) {
    const [name = '', inner] = path.split('.')
    if (!has(accepted, path)) continue
    const { [name]: value, ...others } = accepted
    const left = inner === undefined ? {} : without(value, inner)
    accepted = {
      ...others,
      ...(Object.keys(left).length > 0 ? { [name]: left } : {}),
      ...(renamedTo === null ? {} : { [renamedTo]: value }),
    }
  }
  return accepted
}

function without(value: unknown, inner: string): object {
  if (Array.isArray(value)) return value.filter((entry) => !hasType(inner)(entry))
  const { [inner]: _, ...left } = value as Params
  return left
}
