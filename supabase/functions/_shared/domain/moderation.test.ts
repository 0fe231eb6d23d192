import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FOLLOW_UPS, start, textOf } from '../test/running_turn.ts'
import {
  answering,
  cite,
  completed,
  created,
  gate,
  ScriptedModel,
  type ScriptStep,
  textDelta,
  usage,
} from '../test/scripted_model.ts'
import { FLAGGED, ScriptedModerator } from '../test/scripted_moderator.ts'
import type { OpenTurn } from './store.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

type Settings = NonNullable<OpenTurn['moderation']>
const away = () => turnError('moderation_unavailable', { cause: new Error('secret words') })
const LONG = 'word '.repeat(250)

/** Begins a turn of which this is moderated. The visitor asks "Hello". */
async function begin(settings: Partial<Settings>, steps: readonly ScriptStep[], followUps = FOLLOW_UPS, said = '') {
  const model = new ScriptedModel(steps, followUps)
  const moderator = new ScriptedModerator()
  const moderation: Settings = {
    input: false,
    output: false,
    failsOpen: false,
    model: 'omni-moderation-latest',
    hasProvider: false,
    provider: null,
    ...settings,
  }
  const saidBefore = said ? [{ type: 'text' as const, text: said }] : []
  return { model, moderator, ...(await start(model, {}, { moderation, moderator, saidBefore })) }
}
type Running = Awaited<ReturnType<typeof begin>>

async function end(running: Running) {
  await vi.runAllTimersAsync()
  await running.done
  return await running.read()
}

/** What a reader holds who drops what came before where the answer begins anew. */
function shown({ parts }: Running): string {
  const all = parts()
  return textOf(all.slice(all.findLastIndex(({ type }) => type === 'start')))
}

const codeOf = ({ parts }: Running) => parts().find(({ type }) => type === 'data-error')

describe('what a visitor writes', () => {
  it('is checked before the model is called', async () => {
    const checked = gate()
    const running = await begin({ input: true }, answering('Hi'))
    running.moderator.script.push(checked.opened)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(running.moderator.calls).toEqual([
      { apiKey: 'sk-live-123', baseUrl: null, model: 'omni-moderation-latest', texts: ['Hello'] },
    ])
    expect(running.model.calls).toEqual([])
    expect(running.types()).toEqual(['start', 'data-turn'])
    checked.open()
    expect(await end(running)).toMatchObject({ state: 'completed', message: { content: 'Hi' } })
    expect(running.store.moderated).toEqual([
      {
        configId: 'c',
        model: 'omni-moderation-latest',
        flags: [],
        usage: { inputTokens: 2, outputTokens: 0, isEstimate: true },
      },
    ])
  })

  it('gets no answer and makes no call where it is flagged', async () => {
    const running = await begin({ input: true }, answering('Hi'))
    running.turn.history.at(-1)!.content = `Sell me ${FLAGGED}.`
    expect(await end(running)).toMatchObject({ state: 'failed', errorCode: 'input_flagged', message: { content: '' } })
    expect(running.model.calls).toEqual([])
    expect(running.store.stepsCalled).toEqual([false])
    expect(running.types()).toEqual(['start', 'data-turn', 'data-answer-complete', 'data-error', 'error'])
    expect(codeOf(running)).toMatchObject({ data: { code: 'input_flagged' } })
    expect(running.store.moderated[0]!.flags).toEqual([{ direction: 'input', categories: ['illicit'] }])
    expect(running.model.structuredCalls).toEqual([])
  })

  it('is checked together with what the page said, which a client could make up', async () => {
    const running = await begin({ input: true }, answering('Hi'))
    running.turn.history.at(-1)!.context = {
      note: 'Data.',
      text: `<page_context>{"title":"${FLAGGED}"}</page_context>`,
    }
    expect(await end(running)).toMatchObject({ state: 'failed', errorCode: 'input_flagged' })
    expect(running.moderator.calls[0]!.texts).toEqual([`Hello\n\n${running.turn.history.at(-1)!.context!.text}`])
    expect(running.model.calls).toEqual([])
  })

  it('is sent in pieces that overlap, where it is long', async () => {
    const running = await begin({ input: true }, answering('Hi'))
    running.turn.history.at(-1)!.content = `${'a'.repeat(9_998)}${FLAGGED}${'🙂'.repeat(10_000)}`
    expect(await end(running)).toMatchObject({ errorCode: 'input_flagged' })
    const { texts } = running.moderator.calls[0]!
    expect(texts.map((text) => text.length)).toEqual([10_000, 10_000, 10_000, 1_504])
    expect(texts.every((text) => text.isWellFormed())).toBe(true)
    expect(texts.map((text) => text.includes(FLAGGED))).toEqual([false, true, false, false])
  })

  it('is refused where it can’t be checked, after a second try', async () => {
    const running = await begin({ input: true }, answering('Hi'))
    running.moderator.script.push(away(), away())
    expect(await end(running)).toMatchObject({ state: 'failed', errorCode: 'moderation_unavailable' })
    expect(running.moderator.calls).toHaveLength(2)
    expect(running.model.calls).toEqual([])
    expect(running.store.moderated).toEqual([null])
    expect(running.reported).toMatchObject([
      { code: 'moderation_unavailable', cause: { code: 'moderation_unavailable' } },
    ])
    expect(JSON.stringify(running.parts())).not.toContain('secret')
  })

  it('is answered where the second try succeeds', async () => {
    const running = await begin({ input: true }, answering('Hi'))
    running.moderator.script.push(away())
    expect(await end(running)).toMatchObject({ state: 'completed' })
  })

  it('is let through where its owner chose so, and the owner’s log says it', async () => {
    const running = await begin({ input: true, failsOpen: true }, answering('Hi'))
    running.moderator.script.push(away(), away())
    expect(await end(running)).toMatchObject({ state: 'completed', message: { content: 'Hi' } })
    expect(running.reported).toMatchObject([{ code: 'moderation_unavailable' }])
  })

  it.each([true, false])(
    'waits for a provider that hangs as long as for two tries (fails open: %s)',
    async (failsOpen) => {
      const timeouts = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort())
      const running = await begin({ input: true, failsOpen }, answering('Hi'))
      running.moderator.script.push(gate().opened, gate().opened)
      expect(await end(running)).toMatchObject({ state: failsOpen ? 'completed' : 'failed' })
      expect(timeouts.mock.calls.slice(0, 2)).toEqual([[4_000], [4_000]])
    },
  )

  it('keeps nobody who stops it waiting', async () => {
    const running = await begin({ input: true, failsOpen: true }, answering('Hi'))
    running.moderator.script.push(gate().opened)
    await running.store.stopMessage('nothing', { sessionToken: 'x', claims: null })
    for (const turn of running.store.turns.values()) turn.stopRequested = true
    expect(await end(running)).toMatchObject({ state: 'stopped' })
    expect(running.moderator.calls).toHaveLength(1)
    expect(running.model.calls).toEqual([])
  })

  it('is refused where the moderation’s own provider is switched off', async () => {
    const running = await begin({ input: true, hasProvider: true }, answering('Hi'))
    expect(await end(running)).toMatchObject({ errorCode: 'moderation_unavailable' })
    expect(running.moderator.calls).toEqual([])
  })

  it('is checked at the moderation’s own provider', async () => {
    const provider = { ...(await begin({}, [])).turn.provider!, baseUrl: 'https://moderation.example/v1' }
    const running = await begin({ input: true, hasProvider: true, provider }, answering('Hi'))
    await end(running)
    expect(running.moderator.calls[0]).toMatchObject({ baseUrl: 'https://moderation.example/v1' })
  })
})

describe('what the model writes', () => {
  it('is checked at its end, and costs a check', async () => {
    const running = await begin({ output: true }, answering('Hi'))
    expect(await end(running)).toMatchObject({ state: 'completed', message: { content: 'Hi' } })
    // The answer; then its title and follow-ups.
    expect(running.moderator.calls.map(({ texts }) => texts)).toEqual([['Hi'], ['A greeting\nWhat now?\nWhy?']])
    expect(running.store.moderated[0]!.usage.inputTokens).toBe(1)
  })

  it('is checked on the way, with what came before', async () => {
    const more = gate()
    const running = await begin({ output: true }, [
      created,
      textDelta(LONG),
      more.opened,
      textDelta('end'),
      usage,
      completed,
    ])
    await vi.advanceTimersByTimeAsync(500)
    expect(running.moderator.calls.map(({ texts }) => texts)).toEqual([[LONG]])
    more.open()
    await end(running)
    expect(running.moderator.calls[1]!.texts).toEqual([`${LONG.slice(-500)}end`])
  })

  it('is withdrawn while it comes, and the model is stopped', async () => {
    const running = await begin({ output: true }, [created, textDelta(`${LONG}${FLAGGED}`), gate().opened, completed])
    const stored = await end(running)
    expect(stored).toMatchObject({ state: 'failed', errorCode: 'output_flagged', message: { content: '', parts: [] } })
    expect(running.model.signals[0]!.aborted).toBe(true)
    expect(textOf(running.parts())).toContain(FLAGGED)
    expect(shown(running)).toBe('')
    expect(running.types().slice(-5)).toEqual(['start', 'data-turn', 'data-answer-complete', 'data-error', 'error'])
    expect(running.seen.map(({ seq }) => seq)).toEqual(running.seen.map((_, at) => at + 1))
    expect(running.store.moderated[0]!.flags).toEqual([{ direction: 'output', categories: ['illicit'] }])
    expect(JSON.stringify([...running.store.turns.values()])).not.toContain(FLAGGED)
  })

  it('is withdrawn at its end, and brings no title and no follow-ups', async () => {
    const running = await begin({ output: true }, answering(`Take ${FLAGGED}.`))
    expect(await end(running)).toMatchObject({ state: 'failed', errorCode: 'output_flagged' })
    expect(shown(running)).toBe('')
    expect(running.model.structuredCalls).toEqual([])
    expect(running.store.titleOf(running.turn.threadId)).toBe(null)
  })

  it.each<[string, readonly ScriptStep[]]>([
    ['cut short', [textDelta(FLAGGED), { type: 'end', end: { state: 'cut', cutReason: 'max_output_tokens' } }]],
    ['broken off', [textDelta(FLAGGED), turnError('model_stream_broken')]],
    ['split between two stretches', [textDelta(`${LONG}poi`), textDelta('son'), completed]],
    ['named by a source', [textDelta('See'), cite({ url: 'https://a.test/', title: FLAGGED }), completed]],
    [
      'quoted by a further citation',
      [
        textDelta('See this'),
        cite({ url: 'https://a.test/' }, { start: 0, end: 3 }),
        cite({ url: 'https://a.test/' }, { start: 4, end: 8, quote: FLAGGED }),
        completed,
      ],
    ],
  ])('is withdrawn where it was %s', async (_, steps) => {
    const running = await begin({ output: true }, [created, ...steps])
    expect(await end(running)).toMatchObject({ state: 'failed', errorCode: 'output_flagged', message: { parts: [] } })
    expect(shown(running)).toBe('')
  })

  it('is withdrawn where its visitor stopped it', async () => {
    const running = await begin({ output: true }, [created, textDelta(FLAGGED), gate().opened])
    await vi.advanceTimersByTimeAsync(200)
    for (const turn of running.store.turns.values()) turn.stopRequested = true
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '' } })
  })

  it('is withdrawn where it can’t be checked', async () => {
    const running = await begin({ output: true }, answering('Hi'))
    running.moderator.script.push(away(), away())
    expect(await end(running)).toMatchObject({ errorCode: 'moderation_unavailable', message: { content: '' } })
    expect(shown(running)).toBe('')
  })

  it('stays where it can’t be checked and its owner chose so', async () => {
    const running = await begin({ output: true, failsOpen: true }, answering('Hi'))
    running.moderator.script.push(away(), away())
    expect(await end(running)).toMatchObject({ state: 'completed', message: { content: 'Hi' } })
    expect(running.reported).toHaveLength(1)
  })

  it('is withdrawn from its readers also where the database is away', async () => {
    const running = await begin({ output: true }, answering(FLAGGED))
    running.store.faults.finishTurn = Array.from({ length: 7 }, () => turnError('database_unavailable'))
    await end(running)
    expect(shown(running)).toBe('')
    expect(running.types().slice(-2)).toEqual(['start', 'data-turn'])
  })

  it('is withdrawn once the database is back, however long that takes', async () => {
    const running = await begin({ output: true, failsOpen: true }, answering(FLAGGED))
    running.store.faults.finishTurn = Array.from({ length: 12 }, () => turnError('database_unavailable'))
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '' } })
    expect(shown(running)).toBe('')
  })

  it('is withdrawn also where what it said could not be stored', async () => {
    const running = await begin({ output: true }, answering(FLAGGED))
    running.store.faults.appendParts = Array.from({ length: 7 }, () => turnError('database_unavailable'))
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '' } })
    expect(shown(running)).toBe('')
  })

  it('is withdrawn from its readers also where somebody else has ended the turn', async () => {
    const running = await begin({ output: true }, answering(FLAGGED))
    running.store.faults.finishTurn = [turnError('turn_lease_lost')]
    await end(running)
    expect(shown(running)).toBe('')
    expect(running.types().slice(-2)).toEqual(['start', 'data-turn'])
  })

  it('of which nobody has read a word leaves its numbers to whoever answers in its place', async () => {
    const running = await begin({ output: true }, answering(FLAGGED))
    const append = running.store.appendParts.bind(running.store)
    vi.spyOn(running.store, 'appendParts').mockImplementation(async (turn, seq, parts) => {
      if (seq + parts.length > 3) throw turnError('turn_lease_lost')
      return append(turn, seq, parts)
    })
    running.store.faults.finishTurn = [turnError('turn_lease_lost')]
    await end(running)
    expect(running.types().filter((type) => type === 'start')).toHaveLength(1)
  })

  it('is not stored where the database refuses what else is known of it', async () => {
    const running = await begin({ output: true }, answering(FLAGGED))
    running.store.faults.finishTurn = [turnError('internal')]
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '' } })
  })

  it('has no follow-ups that are flagged or could not be checked, and no title', async () => {
    const flagged = await begin(
      { output: true },
      answering('Hi'),
      JSON.stringify({ title: 'Hi', followUps: [FLAGGED] }),
    )
    const unchecked = await begin({ output: true }, answering('Hi'))
    unchecked.moderator.script.push(Promise.resolve(), away(), away())
    for (const running of [flagged, unchecked]) {
      expect(await end(running)).toMatchObject({ state: 'completed', message: { suggestions: [] } })
      expect(running.store.titleOf(running.turn.threadId)).toBe(null)
      expect(running.store.followUpUsage).toHaveLength(1)
    }
    // What was checked with the answer is with that.
    expect(flagged.store.moderated).toMatchObject([{ flags: [], usage: { inputTokens: 1 } }])
    expect(flagged.store.followUpsModerated).toMatchObject([{ flags: [{ direction: 'output' }] }])
    expect(unchecked.store.followUpsModerated).toEqual([null])
  })
})

describe('an answer that goes on', () => {
  it('is withdrawn whole, also where what is flagged stands across the place where it was cut', async () => {
    const running = await begin({ input: true, output: true }, answering('son.'), FOLLOW_UPS, 'Well. Take poi')
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '', parts: [] } })
    expect(textOf(running.parts())).toContain('Well. Take')
    expect(shown(running)).toBe('')
    expect(running.types().slice(-5)).toEqual(['start', 'data-turn', 'data-answer-complete', 'data-error', 'error'])
  })

  it('is checked from where it goes on, and asks nothing that is to be checked', async () => {
    const running = await begin({ input: true, output: true }, answering('end.'), FOLLOW_UPS, LONG)
    expect(await end(running)).toMatchObject({ state: 'completed', message: { content: `${LONG}end.` } })
    expect(running.moderator.calls[0]!.texts).toEqual([`${LONG.slice(-500)}end.`])
  })
})

it('nothing is asked of anybody where nothing is moderated', async () => {
  const running = await begin({}, answering(LONG))
  expect(await end(running)).toMatchObject({ state: 'completed' })
  expect(running.moderator.calls).toEqual([])
  expect(running.store.moderated).toEqual([null])
})
