import type { StreamPart } from '@loacl/wire'
import type { ModelEvent } from '../../../../supabase/functions/_shared/domain/model.ts'

/** A random number generator with a seed, so that a failure can be run again (mulberry32). */
export function seeded(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    below: (limit: number): number => Math.floor(next() * limit),
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!,
  }
}

type Random = ReturnType<typeof seeded>

const IDS = ['1', '2', '__proto__']

/** A part of an answer, with no regard to what came before: deltas and ends of what was never begun among them. */
export function randomPart({ pick, below }: Random): StreamPart {
  const id = pick(IDS)
  const kind = pick(['text', 'reasoning'] as const)
  const sourceId = pick(IDS)
  return pick<StreamPart>([
    { type: `${kind}-start`, id },
    { type: `${kind}-delta`, id, delta: pick(['a', 'b ', '', 'é\n']) },
    { type: `${kind}-delta`, id, delta: `${below(100)}` },
    { type: `${kind}-end`, id },
    { type: 'source-url', sourceId, url: `https://harbour.example/${below(3)}` },
    { type: 'source-document', sourceId, mediaType: 'application/pdf', title: 'Terms', filename: 'terms.pdf' },
    { type: 'start' },
    { type: 'data-title', data: { threadId: 't', title: 'A title' } },
  ])
}

/** What a model may say, with no regard to what came before. */
export function randomModelEvent({ pick, below }: Random): ModelEvent {
  // Both kinds share their keys here.
  const key = pick(['1', '2'])
  const words = pick(['a', 'b ', 'é\n', '\uD83D', '\uDC4B', 'a\0b'])
  const unit = pick(['code-point', 'utf-16', 'utf-8'] as const)
  const start = below(6)
  const place = { type: 'citation', key, start, end: start + below(6) - 1, unit, quote: pick(['So.', null]) } as const
  return pick<ModelEvent>([
    { type: 'text-delta', key, delta: words },
    { type: 'text-delta', key, delta: words },
    { type: 'text-done', key, text: words },
    { type: 'reasoning-delta', key, delta: words },
    { type: 'reasoning-done', key, text: words },
    { ...place, source: { type: 'page', url: `https://harbour.example/${below(3)}`, title: pick(['Harbour', null]) } },
    { ...place, source: { type: 'file', fileId: '', name: pick(['terms.pdf', 'prices.pdf']) } },
    { type: 'item', item: {} },
  ])
}
