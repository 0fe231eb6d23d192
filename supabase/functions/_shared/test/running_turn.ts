import type { KeyRing } from '@loacl/sealing'
import { contentOf, type MessagePart, type NumberedPart, type StreamPart } from '@loacl/wire'
import { vi } from 'vitest'
import type { OpenTurn, SealedProvider } from '../domain/store.ts'
import { runTurn } from '../domain/turn.ts'
import type { TurnDeps } from '../domain/turn_deps.ts'
import { MemoryStore } from './memory_store.ts'
import { fault } from './memory_turn.ts'
import { ScriptedModel, type ScriptStep } from './scripted_model.ts'
import { ScriptedModerator } from './scripted_moderator.ts'
import { ScriptedTools } from './tools.ts'
import type { Call, Tool } from '../domain/tools/tool.ts'
import { newCaller } from './contract_visitor.ts'
import './instant_digest.ts'

const assistantId = crypto.randomUUID()
export const FOLLOW_UPS = JSON.stringify({ title: 'A greeting', followUps: ['What now?', 'Why?'] })

export const caller = newCaller()

export const provider: SealedProvider = {
  configId: 'c',
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

/** Of a turn, beside its assistant. */
interface Surroundings {
  fallback?: OpenTurn['fallback']
  /** Of the answer that goes on. */
  saidBefore?: readonly MessagePart[]
  moderation?: OpenTurn['moderation']
  moderator?: ScriptedModerator
  /** Of the assistant. */
  tools?: readonly Tool[]
  /** Which of them run without being asked about; left out, none. */
  isApproved?: (tool: Tool) => boolean
  /** Runs them. */
  runner?: ScriptedTools
}

/** Begins a turn and lets it run, with everything that a test may want to read. */
export async function start(
  model: ScriptedModel,
  change: Partial<OpenTurn['assistant']> = {},
  {
    fallback = null,
    saidBefore = [],
    moderation = null,
    moderator = new ScriptedModerator(),
    tools = [],
    isApproved = () => false,
    runner = new ScriptedTools(),
  }: Surroundings = {},
) {
  const store = new MemoryStore({ assistantId, assistant: change, provider, fallback, moderation })
  store.toolCalls.tools = [...tools]
  store.toolCalls.isApproved = isApproved
  const shutdown = new AbortController()
  const reported: unknown[] = []
  const begun = (await store.beginTurn(
    {
      request: { type: 'message', assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hello' },
      origin: null,
      address: null,
      deadlineMs: 60_000,
      lease: crypto.randomUUID(),
    },
    caller,
  )) as OpenTurn
  const answer = { role: 'assistant' as const, content: contentOf(saidBefore) }
  const turn: OpenTurn =
    saidBefore.length > 0 ? { ...begun, parts: saidBefore, history: [...begun.history, answer] } : begun
  const seen: NumberedPart[] = []
  const context = { caller, requestId: 'r-1', safetyIdentifier: 'hash', deadlineMs: 60_000 }
  const deps: TurnDeps = {
    store,
    model,
    moderator,
    keyRing,
    tools: runner,
    shutdown: shutdown.signal,
    waitUntil: () => {},
    report: (error) => reported.push(error),
  }
  const done = (async () => {
    for await (const part of runTurn(turn, context, deps)) seen.push(part)
  })()
  return {
    store,
    shutdown,
    reported,
    turn,
    seen,
    done,
    runner,
    /** Says yes or no to a call that waits. */
    decide: (call: Call, approved = true, reason: string | null = null) =>
      store.decideCall(call.id, { approved, argumentsDigest: call.argumentsDigest, reason }, caller),
    /** The calls of a step, as they stand. */
    callsOf: (step: number): readonly Call[] => store.toolCalls.of(turn.turn.id, step),
    /** Runs another turn of the same store. */
    async rerun(other: OpenTurn) {
      const parts: NumberedPart[] = []
      for await (const part of runTurn(other, context, deps)) parts.push(part)
      return parts
    },
    /** Takes the turn up after it has waited, and lets it run to its end. Gives the parts of that run. */
    async resume(step: number) {
      const lease = crypto.randomUUID()
      const resumed = await store.resumeTurn({ id: turn.turn.id, lease }, step, 60_000, caller)
      if (resumed.joined) throw new Error('Somebody else has it.')
      const parts: NumberedPart[] = []
      for await (const part of runTurn(resumed, context, deps)) parts.push(part)
      return parts
    },
    types: () => seen.map(({ part }) => part.type),
    parts: () => seen.map(({ part }) => part),
    /** As it is stored by now. */
    read: () => store.readTurn(turn.turn.id, 0, caller),
  }
}

/** Runs a turn to its end, on fake timers. */
export const run = async (steps: readonly ScriptStep[], change?: Partial<OpenTurn['assistant']>) => {
  const model = new ScriptedModel(steps, FOLLOW_UPS)
  const running = await start(model, change)
  await vi.runAllTimersAsync()
  await running.done
  return { model, ...running, stored: await running.read() }
}

export const textOf = (parts: readonly StreamPart[]) =>
  parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')
