import { type Schema, type SchemaDraft, Validator } from '@cfworker/json-schema'
import { toStorableJson } from '../storable.ts'
import type { Tool } from './tool.ts'

/** The longest arguments of one call: a visitor may have to read them. */
const MOST_CHARACTERS = 65_536
/** Of what does not fit, so many faults are named. */
const MOST_FAULTS = 3

export type ReadArguments =
  | { ok: true; value: Readonly<Record<string, unknown>> }
  /** `fault` is for the model. */
  | { ok: false; fault: string }

/** Arguments as a model wrote them, where they fit the tool's schema. @param report told of a schema that can't be used */
export function readArguments(
  text: string,
  { parameters, kind }: Pick<Tool, 'parameters' | 'kind'>,
  report: (error: unknown) => void,
): ReadArguments {
  const value = parseObject(text)
  if (!value)
    return { ok: false, fault: `The arguments must be a JSON object of at most ${MOST_CHARACTERS} characters.` }
  try {
    // The validator leaves notes in the schema that it is given.
    const schema = kind === 'mcp' ? withoutPatterns(parameters) : structuredClone(parameters)
    const { valid, errors } = new Validator(schema as Schema, draftOf(parameters)).validate(value)
    if (valid) return { ok: true, value }
    // The last ones are nearest to the value.
    const faults = errors.slice(-MOST_FAULTS).map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
    return { ok: false, fault: faults.join(' ').slice(0, 1_000).toWellFormed() }
  } catch (error) {
    // A reference that leads nowhere or in a circle, or a pattern that is none.
    report(error)
    return { ok: false, fault: 'The schema of this tool can’t be used: its owner has to mend it.' }
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > MOST_CHARACTERS) return null
  try {
    // Some models write nothing where there are none.
    const value = toStorableJson(JSON.parse(text.trim() === '' ? '{}' : text) as unknown)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function draftOf({ $schema }: Tool['parameters']): SchemaDraft {
  const named = /draft-0([47])|2019-09/.exec(String($schema))
  return (named?.[1] ?? named?.[0] ?? '2020-12') as SchemaDraft
}

/**
 * A schema that somebody else's server gave, without its regular expressions: matching one may take for ever, and would hold all
 * turns of this worker. The server checks its arguments itself.
 */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns)
  if (typeof schema !== 'object' || schema === null) return schema
  const dropped = 'patternProperties' in schema ? FOR_OTHER_NAMES : []
  const kept = Object.entries(schema).filter(
    ([name, value]) => !(name === 'pattern' && typeof value === 'string') && !dropped.includes(name),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutPatterns(value)]))
}

/** With them goes what is said of all other names. */
const FOR_OTHER_NAMES = ['patternProperties', 'additionalProperties', 'unevaluatedProperties']
