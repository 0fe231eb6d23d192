import { buffer } from 'node:stream/consumers'
import { forward, readJson, startProxy, type Received } from './forward.ts'
import type { Point, Trace, Traces } from './trace.ts'

const ASKED: Readonly<Record<string, Point>> = {
  begin_turn: 'begin-asked',
  append_turn_parts: 'append-asked',
  finish_turn: 'finish-asked',
}
const ANSWERED: Readonly<Record<string, Point>> = {
  begin_turn: 'begin-answered',
  append_turn_parts: 'append-answered',
  finish_turn: 'finish-answered',
  save_follow_ups: 'follow-ups-saved',
}

/** Stands between the function's processes and the project: `/<number of the process>/rest/v1/…`. */
export const startDataApiProxy = (target: () => string, traces: Traces) =>
  startProxy(async (worker, received) => {
    const name = /^\/rest\/v1\/rpc\/(\w+)/.exec(received.path)?.[1] ?? ''
    const args = readJson(received.body)
    const trace = findTrace(name, args, traces)
    if (trace && name === 'begin_turn') trace.worker = Number(worker)
    if (trace) trace.asking++
    try {
      await pass(received)
    } finally {
      if (trace) trace.asking--
    }

    async function pass({ response }: Received): Promise<void> {
      const asked = ASKED[name]
      const answered = ANSWERED[name]
      if (trace && asked && (await trace.reach(asked)) === 'drop') return void response.destroy()

      const answer = await forward(target(), received)
      const body = await buffer(answer)
      const status = answer.statusCode ?? 502
      if (trace) remember(trace, name, args, status, readJson(body), traces)
      if (trace && answered && (await trace.reach(answered)) === 'drop') return void response.destroy()
      response.writeHead(status, answer.headers).end(body)
    }
  })

function findTrace(name: string, args: Record<string, unknown>, traces: Traces): Trace | undefined {
  if (name !== 'begin_turn') return traces.find(args.turn_id)
  return traces.findLatest(args.request as { id?: unknown; text?: unknown; messageId?: unknown })
}

function remember(
  trace: Trace,
  name: string,
  args: Record<string, unknown>,
  status: number,
  body: Record<string, unknown>,
  traces: Traces,
): void {
  if (name === 'begin_turn' && status === 200) {
    const { turn, ...ids } = body as { turn: { id: string }; [id: string]: unknown }
    trace.turnId = turn.id
    traces.name(trace, turn.id)
    for (const id of [turn.id, ids.threadId, ids.userMessageId, ids.messageId])
      if (typeof id === 'string') trace.ids.add(id)
    traces.name(trace, ids.messageId)
  }
  if (name === 'finish_turn' || name === 'save_follow_ups') {
    const usage = (name === 'finish_turn' ? (args.outcome as { usage: unknown }).usage : args.usage) as {
      outputTokens: number
    } | null
    trace.finishes.push({ call: name, outputTokens: usage?.outputTokens ?? null, status })
  }
}
