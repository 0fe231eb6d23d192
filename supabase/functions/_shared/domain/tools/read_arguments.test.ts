import type { ToolKind } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { readArguments } from './read_arguments.ts'

const parameters = {
  type: 'object',
  properties: { order: { type: 'integer', minimum: 1 }, note: { type: 'string', maxLength: 5 } },
  required: ['order'],
  additionalProperties: false,
}
const read = (text: string, schema: Record<string, unknown> = parameters, kind: ToolKind = 'server') => {
  const reported: unknown[] = []
  return { ...readArguments(text, { parameters: schema, kind }, (error) => reported.push(error)), reported }
}

describe('arguments that a model wrote', () => {
  it.each([
    ['{"order":7}', { order: 7 }],
    [' {"order":7,"note":"a\\u0000b"} ', { order: 7, note: 'ab' }],
  ])('fit: %s', (text, value) => {
    expect(read(text)).toEqual({ ok: true, value, reported: [] })
  })

  it.each(['', '  '])('are none where nothing is written', (text) => {
    expect(read(text, { type: 'object' })).toMatchObject({ ok: true, value: {} })
    expect(read(text)).toMatchObject({ ok: false })
  })

  it.each([
    ['half a JSON', '{"order":'],
    ['a list', '[7]'],
    ['null', 'null'],
    ['a text', '"order"'],
    ['endless nesting', `{"order":${'['.repeat(2_000)}${']'.repeat(2_000)}}`],
    ['more than a visitor could read', `{"order":7,"note":"${'x'.repeat(70_000)}"}`],
  ])('are refused: %s', (_, text) => {
    expect(read(text)).toMatchObject({ ok: false, fault: expect.stringContaining('must be a JSON object') })
  })

  it.each([
    ['another type', '{"order":"7"}', '#/order'],
    ['a number too small', '{"order":0}', '#/order'],
    ['one missing', '{}', 'order'],
    ['one too many', '{"order":7,"all":true}', 'all'],
    ['one by the name of a prototype', '{"order":7,"__proto__":{"order":7}}', '__proto__'],
    ['a text too long', '{"order":7,"note":"123456"}', '#/note'],
  ])('don’t fit, and the model is told where: %s', (_, text, place) => {
    expect(read(text)).toMatchObject({ ok: false, fault: expect.stringContaining(place), reported: [] })
  })

  it.each([
    ['a reference that leads nowhere', { type: 'object', properties: { a: { $ref: '#/$defs/none' } } }],
    ['a reference in a circle', { type: 'object', properties: { a: { $ref: '#/properties/a' } } }],
    ['a pattern that is none', { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }],
  ])('can’t be checked by a schema with %s, and the log says so', (_, schema) => {
    const { ok, reported } = read('{"a":"x"}', schema)
    expect({ ok, reports: reported.length }).toEqual({ ok: false, reports: 1 })
  })

  it('are checked by the draft that the schema names, and leave it as it was', () => {
    const tuple = { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }] } } }
    const schema = Object.freeze({ $schema: 'http://json-schema.org/draft-07/schema#', ...tuple })
    expect(read('{"a":["x"]}', schema).ok).toBe(true)
    expect(read('{"a":[1]}', schema).ok).toBe(false)
    expect(Object.keys(schema)).toEqual(['$schema', 'type', 'properties'])
  })

  it('are not held against patterns of somebody else’s server, which may take for ever', () => {
    const forever = { type: 'string', pattern: '^(a+)+$' }
    const schema = {
      type: 'object',
      properties: { a: forever, pattern: { type: 'integer' } },
      patternProperties: { '^(b+)+$': { type: 'string' } },
      additionalProperties: false,
    }
    const text = `{"a":"${'a'.repeat(40)}!","${'b'.repeat(40)}!":1}`
    expect(read(text, schema, 'mcp')).toMatchObject({ ok: true })
    expect(read('{"pattern":"x"}', schema, 'mcp')).toMatchObject({ ok: false })
    expect(read('{"a":"b"}', schema)).toMatchObject({ ok: false })
  })

  it('are checked without a function being made of text', () => {
    const { Function: original } = globalThis
    globalThis.Function = (() => {
      throw new Error('No code from text.')
    }) as unknown as FunctionConstructor
    try {
      expect(read('{"order":7}').ok).toBe(true)
    } finally {
      globalThis.Function = original
    }
  })
})
