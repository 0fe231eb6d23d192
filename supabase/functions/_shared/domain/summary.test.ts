import { describe, expect, it } from 'vitest'
import { parseSummary } from './summary.ts'

describe('a summary that a model wrote', () => {
  it.each([
    ['{"summary": " They met. "}', 'They met.'],
    ['```json\n{"summary": "They met."}\n```', 'They met.'],
    ['{"summary": "a\\u0000b"}', 'ab'],
    ['{"summary": "\\ud83d"}', '\ufffd'],
  ])('%j is read as %j', (text, summary) => {
    expect(parseSummary(text)).toBe(summary)
  })

  it.each([
    '',
    'They met.',
    '{"summary": ',
    '{"summary": null}',
    '{"summary": ["a"]}',
    '{"title": "a"}',
    '[]',
    '{"summary": "\\u200b \\n"}',
  ])('%j is none', (text) => {
    expect(parseSummary(text)).toBeNull()
  })
})
