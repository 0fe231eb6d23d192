import { buffer } from 'node:stream/consumers'
import { forward, readJson, startProxy, type Received } from './forward.ts'
import type { Point, Trace, Traces } from './trace.ts'

const ASKED: Readonly<Record<string, Point>> = {
  begin_turn: 'begin-asked',
  append_turn_parts: 'append-asked',
  finish_turn: 'finish-asked',
  begin_calls: 'calls-asked',
  end_call: 'end-call-asked',
  wait_turn: 'wait-asked',
  resume_turn: 'resume-asked',
}
const ANSWERED: Readonly<Record<string, Point>> = {
  begin_turn: 'begin-answered',
  append_turn_parts: 'append-answered',
  finish_turn: 'finish-answered',
  save_follow_ups: 'follow-ups-saved',
  begin_calls: 'calls-answered',
  end_call: 'end-call-answered',
  wait_turn: 'wait-answered',
  resume_turn: 'resume-answered',
}

interface Usage {
  outputTokens: number
}
/** Calls that bring what the model used. */
const USING: readonly string[] = ['begin_step', 'wait_turn', 'finish_turn', 'save_follow_ups']

/** Stands between the function's processes and the project: `/<number of the process>/rest/v1/…`. */
export const startDataApiProxy = (target: () => string, traces: Traces) =>
  startProxy(async (worker, received) => {
    const name = /^\/rest\/v1\/rpc\/(\w+)/.exec(received.path)?.[1] ?? ''
    const args = readJson(received.body)
    const trace = findTrace(name, args, traces)
    if (trace && (name === 'begin_turn' || name === 'resume_turn')) trace.worker = Number(worker)
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
  if (USING.includes(name)) {
    const { usage } = (name === 'save_follow_ups' ? args : (args.outcome ?? {})) as { usage?: Usage | null }
    trace.finishes.push({ call: name, outputTokens: usage?.outputTokens ?? null, status })
  }
}
