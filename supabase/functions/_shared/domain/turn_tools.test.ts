// What a turn does with the tools that its model calls.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FOLLOW_UPS, provider, start } from '../test/running_turn.ts'
import { answering, completed, created, gate, ScriptedModel, textDelta, toolCall } from '../test/scripted_model.ts'
import { calling, callsIn, isRead, look, resultsOf, run } from '../test/tool_turn.ts'
import { ScriptedTools, tool } from '../test/tools.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const hosted = (state: 'begun' | 'completed') =>
  ({ type: 'hosted-call', key: 'ws', hostedType: 'web_search', state }) as const

describe('calls of one step', () => {
  it('run side by side, are told as they end, and go back in the model’s order', async () => {
    const first = gate()
    const runner = new ScriptedTools(async (_, { arguments: args }) => {
      if (args?.n === 1) await first.opened
      else setTimeout(first.open, 1_000)
      return { result: args?.n }
    })
    const model = new ScriptedModel(
      calling(toolCall('c1', 'look_up', { n: 1 }), toolCall('c2', 'look_up', { n: 2 })),
      FOLLOW_UPS,
      answering('Done.'),
    )
    const { parts, stored, store } = await run(model, { runner })
    expect(parts().flatMap((part) => (part.type === 'tool-output-available' ? part.output : []))).toEqual([2, 1])
    expect(resultsOf(model.calls[1]!.input).map((output) => (JSON.parse(output) as { result: number }).result)).toEqual(
      [1, 2],
    )
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Done.' } })
    expect(store.toolCalls.all).toMatchObject([
      { status: 'completed', costUsd: 0.01 },
      { status: 'completed', costUsd: 0.01 },
    ])
  })

  it('are made with who the visitor is, and what the owner’s endpoint needs to know', async () => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS, answering('Done.'))
    const { runner, turn, store } = await run(model)
    const [ran, made, context] = runner.calls[0]!
    expect(ran).toEqual(look)
    expect(made).toMatchObject({ id: store.toolCalls.all[0]!.id, arguments: {}, idempotencyKey: expect.any(String) })
    expect(context).toEqual({ assistantId: turn.assistant.id, visitor: { type: 'guest' }, toolSecret: null })
  })

  it('that fail, are not there or don’t fit are told to the model and shown, and the turn goes on', async () => {
    const strict = tool({ name: 'strict', parameters: { type: 'object', required: ['id'] } })
    const runner = new ScriptedTools(() => ({ errorCode: 'tool_timeout', errorMessage: 'slow host 10.0.0.7' }))
    const model = new ScriptedModel(
      calling(toolCall('c1'), toolCall('c2', 'nuke'), toolCall('c3', 'strict'), toolCall('c4', 'strict', '{"id":')),
      FOLLOW_UPS,
      answering('Sorry.'),
    )
    const { parts, stored } = await run(model, { runner, tools: [look, strict] })
    const codes = ['tool_unknown', 'arguments_invalid', 'arguments_invalid', 'tool_timeout']
    expect(
      callsIn(parts())
        .filter((said) => !said.startsWith('tool-input'))
        .toSorted(),
    ).toEqual(codes.toSorted())
    expect(resultsOf(model.calls[1]!.input)).toEqual([
      expect.stringContaining('tool_timeout'),
      expect.stringContaining('tool_unknown'),
      expect.stringMatching(/arguments_invalid.*id/),
      expect.stringContaining('arguments_invalid'),
    ])
    expect(JSON.stringify([model.calls, parts()])).not.toContain('10.0.0.7')
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Sorry.' } })
  })

  it('run sixteen of forty', async () => {
    const forty = Array.from({ length: 40 }, (_, n) => toolCall(`c${n}`, 'look_up', { n }))
    const model = new ScriptedModel(calling(...forty), FOLLOW_UPS, answering('Done.'))
    const { runner, parts } = await run(model)
    expect(runner.calls).toHaveLength(16)
    expect(callsIn(parts()).filter((said) => said === 'too_many_calls')).toHaveLength(24)
    expect(resultsOf(model.calls[1]!.input)).toHaveLength(40)
  })

  it('of a model that makes hundreds are none, and each has its answer', async () => {
    const many = Array.from({ length: 300 }, (_, n) => toolCall(`c${n}`))
    const model = new ScriptedModel(calling(...many), FOLLOW_UPS, answering('Done.'))
    const { runner, store } = await run(model)
    expect(runner.calls).toEqual([])
    expect(store.toolCalls.all).toEqual([])
    expect(resultsOf(model.calls[1]!.input)).toHaveLength(300)
  })

  it.each([
    [
      'can’t be stored',
      'tool_result_invalid',
      () => ({ result: JSON.parse('['.repeat(600) + ']'.repeat(600)) as unknown }),
    ],
    ['never comes, by a fault of ours', 'unknown', () => Promise.reject(new Error('A fault.'))],
  ] as const)('end with a code where their result %s', async (_, code, outcome) => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS, answering('Sorry.'))
    const { parts, stored, reported } = await run(model, { runner: new ScriptedTools(outcome) })
    expect(callsIn(parts())).toEqual(['tool-input-available', code])
    expect(stored.state).toBe('completed')
    expect(reported).toHaveLength(1)
  })
})

describe('the limit of steps', () => {
  it('ends a model that calls the same tool for ever, which is offered none in the last step', async () => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS)
    const { parts, stored, runner } = await run(model)
    expect(runner.calls).toHaveLength(8)
    expect(model.calls.map(({ tools }) => tools.length)).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 0])
    expect(stored).toMatchObject({ state: 'cut', cutReason: 'step_limit' })
    expect(parts().slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'cut', cutReason: 'step_limit' } },
      { type: 'finish', finishReason: 'tool-calls' },
    ])
  })

  it('leaves a step for the answer', async () => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS, answering('Done.'))
    const running = await start(model, {}, { tools: [look], isApproved: isRead })
    Object.assign(running.turn, { maxToolSteps: 1 })
    await vi.runAllTimersAsync()
    await running.done
    expect(model.calls.map(({ tools }) => tools.length)).toEqual([1, 0])
    expect(await running.read()).toMatchObject({ state: 'completed', message: { content: 'Done.' } })
  })
})

it('the fallback is offered the same tools, and told what came of the first one’s calls', async () => {
  const fallback = {
    model: 'gpt-oss:20b',
    provider: { ...provider, configId: 'second', provider: 'openai-chat' as const },
  }
  const item = { type: 'function_call', call_id: 'c1', name: 'look_up', arguments: '{}' }
  const model = new ScriptedModel(
    calling({ type: 'item', item }, toolCall('c1')),
    FOLLOW_UPS,
    [turnError('model_unavailable')],
    answering('Done.'),
  )
  const { stored } = await run(model, { fallback })
  const [first, , second] = model.calls
  expect(second).toMatchObject({ configId: 'second', tools: first!.tools })
  expect(second!.input.slice(1)).toEqual([
    { type: 'provider-item', item, from: 'c' },
    { type: 'tool-result', callId: 'c1', output: expect.stringContaining('Sunny') },
  ])
  expect(stored).toMatchObject({ state: 'completed', message: { content: 'Done.' } })
})

it('tools that the provider runs are shown in their place, and counted with the step', async () => {
  const search = tool({ name: 'search', kind: 'hosted', hostedType: 'web_search', endpoint: null })
  const model = new ScriptedModel(
    [created, hosted('begun'), hosted('completed'), textDelta('Found.'), completed],
    FOLLOW_UPS,
  )
  const { stored, store } = await run(model, { tools: [search] })
  expect(model.calls[0]!.tools).toEqual([{ type: 'hosted', hostedType: 'web_search', options: {} }])
  expect(stored.message!.parts).toMatchObject([
    { type: 'dynamic-tool', providerExecuted: true, state: 'output-available' },
    { type: 'text', text: 'Found.' },
  ])
  expect(store.outcomes.at(-1)!.hostedCalls).toEqual([{ name: 'search', count: 1 }])
})
