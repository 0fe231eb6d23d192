import { describe, expect, it } from 'vitest'
import { CALL } from '../test/model_call.ts'
import { createProvider, sse } from '../test/provider_at.ts'
import { FORMATS } from '../test/wire_stories.ts'

const signal = new AbortController().signal
const responses = { ...CALL, temperature: 0.5, reasoningEffort: 'low', showsReasoning: true }
const chat = { ...responses, wireFormat: 'openai-chat' as const }
const answerOf =
  ({ wireFormat }: typeof CALL) =>
  () =>
    sse(...FORMATS[wireFormat].stream({ pieces: ['Hi'] }))

const refusing =
  (error: object, status = 400) =>
  () =>
    Response.json(
      { error: { type: 'invalid_request_error', param: null, code: null, message: '', ...error } },
      { status },
    )

const refuse = (param: string) => refusing({ param, code: 'unknown_parameter', message: `Unknown parameter: ${param}` })

describe('a parameter that a model refuses', () => {
  it.each([
    ['temperature', responses, { param: 'temperature', code: 'unsupported_parameter' }, ['temperature']],
    ['its value', responses, { param: 'temperature', code: 'unsupported_value' }, ['temperature']],
    [
      'summaries, of an organization that is not verified',
      responses,
      { param: 'reasoning.summary', code: 'unsupported_value' },
      ['reasoning.summary'],
    ],
    ['all about reasoning', responses, { param: 'reasoning' }, ['reasoning.effort', 'reasoning.summary']],
    ['an entry of a list', responses, { param: 'include[0]' }, ['include']],
    [
      'by its words alone',
      chat,
      { message: 'Unrecognized request argument supplied: prompt_cache_key' },
      ['prompt_cache_key'],
    ],
    ['as extra input', chat, { message: 'Extra inputs are not permitted: reasoning_effort' }, ['reasoning_effort']],
    ['options of streams', chat, { message: 'stream_options is not supported' }, ['stream_options.include_usage']],
  ] as const)('is left out, said in the log, and not sent again: %s', async (_, call, error, names) => {
    const { ask, requests, notes } = createProvider(refusing(error), answerOf(call))
    expect(await ask(call)).toMatchObject({ text: 'Hi', error: null })
    expect(await ask(call)).toMatchObject({ text: 'Hi', error: null })
    expect(requests).toHaveLength(3)
    expect(notes).toEqual(
      names.map((parameter) => ({ parameter, renamedTo: null, model: 'gpt-6-luna', configId: 'config' })),
    )
    const [first, ...later] = requests.map(({ body }) => body)
    for (const name of names) {
      const [outer = '', inner] = name.split('.')
      const valueIn = (body: Record<string, unknown> | undefined) =>
        inner ? (body?.[outer] as Record<string, unknown> | undefined)?.[inner] : body?.[outer]
      expect(valueIn(first)).toBeDefined()
      for (const body of later) expect(valueIn(body)).toBeUndefined()
    }
  })

  it('may be one of several, each refused by itself', async () => {
    const { ask, requests } = createProvider(
      refuse('temperature'),
      refuse('prompt_cache_key'),
      refuse('include'),
      answerOf(responses),
    )
    expect(await ask(responses)).toMatchObject({ text: 'Hi' })
    expect(Object.keys(requests[3]!.body)).not.toEqual(expect.arrayContaining(['temperature']))
    expect(requests[3]!.body).toMatchObject({ reasoning: { effort: 'low', summary: 'auto' }, max_output_tokens: 2_000 })
  })

  it('is remembered for the one account and model', async () => {
    const { ask, requests } = createProvider(refusing({ param: 'temperature' }), answerOf(responses))
    await ask(responses)
    await ask({ ...responses, configId: 'another' })
    await ask({ ...responses, model: 'another' })
    expect(requests.map(({ body }) => 'temperature' in body)).toEqual([true, false, true, true])
  })

  it.each([
    ['max_tokens', 'max_completion_tokens', chat],
    ['max_completion_tokens', 'max_tokens', { ...chat, baseUrl: null }],
    ['safety_identifier', 'user', responses],
  ] as const)('is sent under its other name, where it can’t be spared: %s as %s', async (name, otherName, call) => {
    const { ask, requests, notes } = createProvider(refuse(name), answerOf(call))
    expect(await ask(call)).toMatchObject({ text: 'Hi', error: null })
    expect(requests.map(({ body }) => [body[name], body[otherName]])).toEqual([
      [requests[0]!.body[name], undefined],
      [undefined, requests[0]!.body[name]],
    ])
    expect(notes).toMatchObject([{ parameter: name, renamedTo: otherName }])
  })

  it.each([
    ['the longest answer, under both names', chat, 'max_tokens', 'max_completion_tokens'],
    ['what tells visitors apart, under both names', responses, 'safety_identifier', 'user'],
  ] as const)('refuses the turn where it can’t be spared: %s', async (_, call, name, otherName) => {
    const { ask, requests } = createProvider(refuse(name), refuse(otherName))
    expect((await ask(call)).error?.code).toBe('model_request_rejected')
    expect(requests).toHaveLength(2)
  })

  it.each([
    [
      'the longest answer of the Responses API',
      responses,
      { param: 'max_output_tokens', code: 'unsupported_parameter' },
      400,
    ],
    ['that nothing may be kept', responses, { param: 'store', code: 'unsupported_parameter' }, 400],
    ['too long an answer', chat, { param: 'max_tokens', message: 'max_tokens is too large: 2000.' }, 400],
    ['the question', responses, { param: 'input', message: 'Too long.' }, 400],
    ['something by another status', responses, { param: 'temperature' }, 403],
  ] as const)('is an error where it is %s', async (_, call, error, status) => {
    const { ask, requests } = createProvider(refusing(error, status))
    expect((await ask(call)).error).not.toBeNull()
    expect(requests).toHaveLength(1)
  })

  it.each([
    [responses, { param: 'text.format', code: 'unsupported_parameter' }, 'text'],
    [chat, { message: 'This response_format type is unavailable now' }, 'response_format'],
  ] as const)('is the form of a structured answer: it is asked for in words alone', async (call, error, name) => {
    const whole = () => Response.json(FORMATS[call.wireFormat].whole({ pieces: ['{"a":1}'] }))
    const { model, requests } = createProvider(refusing(error), whole)
    const made = await model.generate({ ...call, schema: { name: 'n', schema: { type: 'object' } } }, signal)
    expect(made.text).toBe('{"a":1}')
    expect(requests.map(({ body }) => name in body)).toEqual([true, false])
  })
})
