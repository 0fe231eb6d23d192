import type { NumberedPart, StreamPart } from '@loacl/wire'
import { vi } from 'vitest'
import type { KeyRing } from '../domain/key_ring.ts'
import type { NewTurn } from '../domain/store.ts'
import { runTurn } from '../domain/turn.ts'
import { fault, MemoryStore } from './memory_store.ts'
import { ScriptedModel, type Step } from './scripted_model.ts'
import { newCaller } from './store_contract.ts'

const assistantId = crypto.randomUUID()
export const FOLLOW_UPS = JSON.stringify({ title: 'A greeting', followUps: ['What now?', 'Why?'] })

export const caller = newCaller()

const provider = {
  purpose: 'provider_key',
  secretId: 's',
  ownerId: 'o',
  provider: 'openai',
  baseUrl: null,
  keyId: 'k',
  ciphertext: 'sealed',
}

/** Real cryptography takes real time, which stands still here. */
export const keyRing = {
  open: vi.fn<KeyRing['open']>(async () => 'sk-live-123'),
  currentKeyId: 'k',
  seal: async () => ({ keyId: 'k', ciphertext: 'sealed' }),
}

/** The database, for so many calls. */
export const away = (times: number) => Array.from({ length: times }, () => fault('database_unavailable'))

/** Begins a turn and lets it run, with everything that a test may want to look at. */
export async function start(model: ScriptedModel, change: Partial<NewTurn['assistant']> = {}) {
  const store = new MemoryStore({ assistantId, assistant: change, provider })
  const shutdown = new AbortController()
  const reported: unknown[] = []
  const turn = (await store.beginTurn(
    {
      request: { type: 'message', assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hello' },
      origin: null,
      address: null,
      deadlineMs: 60_000,
    },
    caller,
  )) as NewTurn
  const seen: NumberedPart[] = []
  const context = { caller, requestId: 'r-1', safetyIdentifier: 'hash', deadlineMs: 60_000 }
  const world = { store, model, keyRing, shutdown: shutdown.signal, report: (error: unknown) => reported.push(error) }
  const done = (async () => {
    for await (const part of runTurn(turn, context, world)) seen.push(part)
  })()
  return {
    store,
    shutdown,
    reported,
    turn,
    seen,
    done,
    types: () => seen.map(({ part }) => part.type),
    parts: () => seen.map(({ part }) => part),
    /** As it is stored by now. */
    read: () => store.readTurn(turn.turn.id, 0, caller),
  }
}

/** Runs a turn to its end, on fake timers. */
export const run = async (steps: readonly Step[], change?: Partial<NewTurn['assistant']>) => {
  const model = new ScriptedModel(steps, FOLLOW_UPS)
  const running = await start(model, change)
  await vi.runAllTimersAsync()
  await running.done
  return { model, ...running, stored: await running.read() }
}

export const textOf = (parts: readonly StreamPart[]) =>
  parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')
