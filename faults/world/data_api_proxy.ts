import { buffer } from 'node:stream/consumers'
import { pathInStorage } from './file_requests.ts'
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
  save_summary: 'summary-asked',
  begin_upload: 'begin-upload-asked',
  complete_upload: 'complete-upload-asked',
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
  save_summary: 'summary-answered',
  begin_upload: 'begin-upload-answered',
  complete_upload: 'complete-upload-answered',
}

/** Calls by which a process takes it up. */
const TAKING: readonly string[] = ['begin_turn', 'resume_turn', 'begin_upload', 'find_upload', 'complete_upload']

interface Usage {
  outputTokens: number
}
/** Calls that bring what the model used. */
const USING: readonly string[] = ['begin_step', 'wait_turn', 'finish_turn', 'save_follow_ups', 'save_summary']

/** Stands between the function's processes and the project: `/<number of the process>/rest/v1/…`. */
export const startDataApiProxy = (target: () => string, traces: Traces) =>
  startProxy(async (worker, received) => {
    const name = /^\/rest\/v1\/rpc\/(\w+)/.exec(received.path)?.[1] ?? ''
    const args = readJson(received.body)
    const stored = pathInStorage(received.path)
    const trace = stored === null ? findTrace(name, args, traces) : traces.find(stored)
    if (trace && (stored !== null || TAKING.includes(name))) trace.worker = Number(worker)
    if (trace) trace.asking++
    try {
      await pass(received)
    } finally {
      if (trace) trace.asking--
    }

    async function pass({ response }: Received): Promise<void> {
      const asked = stored === null || !trace ? ASKED[name] : pointInStorage(received, trace)
      const answered = ANSWERED[name]
      if (trace && asked && (await trace.reach(asked)) === 'drop') return void response.destroy()
      if (stored !== null && (await trace?.storage?.(received))) return

      const answer = await forward(target(), received)
      const body = await buffer(answer)
      const status = answer.statusCode ?? 502
      if (trace) remember(trace, name, args, status, readJson(body), traces)
      if (trace && answered && (await trace.reach(answered)) === 'drop') return void response.destroy()
      response.writeHead(status, answer.headers).end(body)
    }
  })

function findTrace(name: string, args: Record<string, unknown>, traces: Traces): Trace | undefined {
  if (name === 'begin_upload') return traces.findLatest({ text: (args.request as { name?: unknown }).name })
  if (name !== 'begin_turn') return traces.find(args.turn_id ?? args.upload_id)
  return traces.findLatest(args.request as Record<string, unknown>)
}

/** The function reads a file to check it, and its turn's worker to tell it the model. */
function pointInStorage({ request }: Received, { reached }: Trace): Point {
  if (request.method === 'POST') return 'link-asked'
  return reached.has('begin-answered') ? 'file-told' : 'bytes-read'
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
  if (name === 'begin_upload' && status === 200) {
    traces.name(trace, body.id)
    traces.name(trace, body.path)
  }
  if (USING.includes(name)) {
    const { usage } = (name.startsWith('save_') ? args : (args.outcome ?? {})) as { usage?: Usage | null }
    trace.finishes.push({ call: name, outputTokens: usage?.outputTokens ?? null, status })
  }
}
