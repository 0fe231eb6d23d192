import { contentOf, foldPart, isReasoning, NO_PARTS, type StreamPart, streamOfMessage } from '@loacl/wire'
import { expect, it } from 'vitest'
import { streamStep } from '../../../supabase/functions/_shared/domain/answer.ts'
import { MessageParts } from '../../../supabase/functions/_shared/domain/message_parts.ts'
import type { Model, ModelCall, ModelEvent } from '../../../supabase/functions/_shared/domain/model.ts'
import { outputLimits } from '../../../supabase/functions/_shared/domain/output_limits.ts'
import { newProgress, reduceTurn } from '../src/reduce_turn.ts'
import { begun } from './support/project.ts'
import { randomModelEvent, randomPart, seeded } from './support/random_parts.ts'

const RUNS = Array.from({ length: 300 }, (_, seed) => seed)

/** The answer that a client shows. */
const shownAfter = (parts: Iterable<StreamPart>) =>
  [...begun(), ...parts].reduce(reduceTurn, newProgress('2026-11-22T08:00:00.000Z')).answer!

/** What the functions send of what a model says in several steps, and what they store. */
async function serve(steps: readonly ModelEvent[][], showsReasoning: boolean) {
  const message = new MessageParts()
  const sent: StreamPart[] = []
  for (const events of steps) {
    const model: Model = {
      async *stream() {
        yield* events
      },
      generate: () => Promise.reject(new Error('Nobody asks for follow-ups here.')),
    }
    const prepare = async () => ({ first: { showsReasoning } as ModelCall, fallback: null })
    const limits = outputLimits({ maxOutputTokens: 1_000, instructions: '' })
    const { signal } = new AbortController()
    for await (const part of streamStep(prepare, limits, model, message, signal, () => {})) sent.push(part)
  }
  const { parts, content } = message
  return { sent, parts, content }
}

const randomSteps = (random: ReturnType<typeof seeded>): ModelEvent[][] =>
  Array.from({ length: random.below(3) + 1 }, () =>
    Array.from({ length: random.below(30) }, () => randomModelEvent(random)),
  )

it('shows what the functions store, whatever the model says, and tells it again from what is stored', async () => {
  const kinds = new Set<string>()
  for (const seed of RUNS) {
    const { sent, parts, content } = await serve(randomSteps(seeded(seed)), true)
    expect(shownAfter(sent), `seed ${seed}`).toMatchObject({ parts, content })
    expect(shownAfter(streamOfMessage(parts)).parts, `seed ${seed}`).toEqual(parts)
    for (const { type } of parts) kinds.add(type)
  }
  expect([...kinds].toSorted()).toEqual(['reasoning', 'source-document', 'source-url', 'text'])
})

it('loses nothing of the rest of an answer where its reasoning is not shown', async () => {
  for (const seed of RUNS) {
    const steps = randomSteps(seeded(seed))
    const [open, closed] = [await serve(steps, true), await serve(steps, false)]
    const said = open.parts.filter(({ type }) => type !== 'reasoning')
    expect(closed.parts, `seed ${seed}`).toEqual(said)
    expect(closed.sent.filter(isReasoning), `seed ${seed}`).toEqual([])
    expect(shownAfter(closed.sent), `seed ${seed}`).toMatchObject({ parts: said, content: open.content })
  }
})

it('folds streams that nobody should send as the functions do', () => {
  for (const seed of RUNS) {
    const random = seeded(seed)
    const parts = Array.from({ length: random.below(60) }, () => randomPart(random))
    const stored = parts.reduce(foldPart, NO_PARTS).parts
    const shown = shownAfter(parts)
    expect(shown, `seed ${seed}`).toMatchObject({ parts: stored, content: contentOf(stored) })
    expect(shownAfter(streamOfMessage(stored)).parts, `seed ${seed}`).toEqual(stored)
    const said = (kind: string) =>
      parts
        .map((part) => (part.type === `${kind}-delta` && 'delta' in part ? part.delta : ''))
        .toSorted()
        .join('')
    for (const kind of ['text', 'reasoning'] as const) {
      const kept = stored.map((part) => (part.type === kind ? part.text : '')).join('')
      // Nothing that came is lost, and nothing is there twice.
      expect([...kept].toSorted().join(''), `seed ${seed}`).toBe([...said(kind)].toSorted().join(''))
    }
  }
})
