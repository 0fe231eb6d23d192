import { foldPart, NO_PARTS, type StreamPart, type ToolPart } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { call, tool } from '../../test/tools.ts'
import { partsOfBegun, partsOfEnded, stopOpenCalls, toldCalls } from './tool_parts.ts'

const words = { de: { title: 'Ihre Bestellungen' }, en: { title: 'Your orders', sentence: 'Looks your order up.' } }
const secret = { number: 'secret-1' }
const asked = call({ status: 'pending', arguments: secret, expiresAt: '2026-11-28T12:00:00Z' })
const done = call({ status: 'completed', arguments: secret, result: { answer: 'secret-2' } })
const fold = (parts: readonly StreamPart[]) => parts.reduce(foldPart, NO_PARTS).parts as ToolPart[]

const hostOf = (own: ReturnType<typeof tool>) => fold(partsOfBegun(asked, own))[0]!.toolMetadata?.host

describe('what a visitor sees of a call', () => {
  it.each([
    ['title', false, false],
    ['arguments', true, false],
    ['result', true, true],
  ] as const)('is what its owner lets them see: %s', (visitorSees, seesArguments, seesResult) => {
    const own = tool({ visitorSees, words })
    const [part] = fold([...partsOfBegun(done, own), ...partsOfEnded(done, own)])
    expect(part).toMatchObject({
      toolCallId: done.id,
      title: 'Your orders',
      state: 'output-available',
      input: seesArguments ? secret : {},
      output: seesResult ? { answer: 'secret-2' } : null,
    })
    const text = JSON.stringify(part)
    expect([text.includes('secret-1'), text.includes('secret-2')]).toEqual([seesArguments, seesResult])
    expect(text.includes('shop.example')).toBe(seesArguments)
    // The provider's id and the description are nobody's.
    expect(text).not.toMatch(/"c1"|Looks something up/)
  })

  it('is all that will be sent, and where, while they are asked', () => {
    expect(fold(partsOfBegun(asked, tool({ words, endpoint: 'https://shop.example:8443/tools?key=x' })))).toEqual([
      {
        type: 'dynamic-tool',
        toolCallId: asked.id,
        toolName: 'look_up',
        title: 'Your orders',
        state: 'approval-requested',
        approval: { id: asked.id },
        input: secret,
        toolMetadata: {
          kind: 'server',
          titles: { en: 'Your orders', de: 'Ihre Bestellungen' },
          sentences: { en: 'Looks your order up.' },
          host: 'shop.example:8443',
          expiresAt: '2026-11-28T12:00:00Z',
          argumentsDigest: asked.argumentsDigest,
        },
      },
    ])
  })

  it('names an MCP server’s host, and none of a page', () => {
    const server = { id: 's', name: 'wiki', endpoint: 'https://mcp.example/mcp', secret: null }
    expect(hostOf(tool({ kind: 'mcp', endpoint: null, server }))).toBe('mcp.example')
    expect(hostOf(tool({ kind: 'page', endpoint: null }))).toBeUndefined()
  })

  it('is its code where it failed, and nothing of what the tool said', () => {
    const failed = call({ status: 'failed', errorCode: 'tool_refused', errorMessage: 'No such table: users' })
    expect(partsOfEnded(failed, tool({ visitorSees: 'result' }))).toEqual([
      { type: 'tool-output-error', toolCallId: failed.id, errorText: 'tool_refused', dynamic: true },
    ])
    const denied = call({ status: 'cancelled', errorCode: 'denied' })
    expect(partsOfEnded(denied, tool())).toEqual([{ type: 'tool-output-denied', toolCallId: denied.id }])
  })

  it('has no words of anybody’s where there is no such tool', () => {
    const unknown = call({
      name: 'nuke',
      kind: null,
      status: 'cancelled',
      errorCode: 'tool_unknown',
      arguments: secret,
    })
    expect(fold([...partsOfBegun(unknown, undefined), ...partsOfEnded(unknown, undefined)])).toEqual([
      {
        type: 'dynamic-tool',
        toolCallId: unknown.id,
        toolName: 'nuke',
        state: 'output-error',
        input: {},
        errorText: 'tool_unknown',
      },
    ])
  })

  it.each([
    ['pending', []],
    ['approved', []],
    ['executing', []],
  ] as const)('says nothing of an end while it is %s', (status, parts) => {
    expect(partsOfEnded(call({ status }), tool())).toEqual(parts)
  })
})

it('calls without an end have one when their turn has', () => {
  const parts = fold([
    ...partsOfBegun(asked, tool()),
    ...partsOfBegun(call({ id: 'running' }), tool()),
    ...partsOfBegun(done, tool()),
    ...partsOfEnded(done, tool()),
  ])
  const endsBy = (end: Parameters<typeof stopOpenCalls>[1]) =>
    stopOpenCalls(parts, end).map((part) => (part.type === 'tool-output-error' ? part.errorText : ''))
  expect(endsBy({ state: 'stopped' })).toEqual(['stopped', 'unknown'])
  expect(endsBy({ state: 'cut', cutReason: 'time_limit' })).toEqual(['expired', 'unknown'])
  expect(toldCalls(parts)).toEqual([done.id])
})
