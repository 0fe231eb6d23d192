import type { IncomingMessage } from 'node:http'
import { isFilePath, passFile } from './file_requests.ts'
import { forward, readJson, startProxy, type Received } from './forward.ts'
import type { Trace, Traces } from './trace.ts'

const TURNS = '/functions/v1/loacl-chat/turns'
/** What a visitor does beside asking. */
const ACTS =
  /^\/(functions\/v1\/loacl-chat\/(turns\/[^/]+\/(stop|continue)|calls\/[^/]+\/(decision|claim|result)|identify|sign-out)|rest\/v1\/rpc\/(erase_visitor_data|delete_thread|update_thread|choose_branch))$/

/** Stands between the visitors' clients and the project: `/<visitor>/functions/v1/…`. */
export const startClientProxy = (target: () => string, traces: Traces, currentOf: (visitor: string) => Trace | null) =>
  startProxy(async (visitor, received) => {
    const { path, request, response, body } = received
    if (path === TURNS && request.method === 'POST') {
      const asked = readJson(body)
      const trace = traces.findLatest(asked)
      if (trace) traces.name(trace, asked.id)
      if ((await trace?.reach('request-sent')) === 'drop') return void response.destroy()
      return passStream(await forward(target(), received), received, trace)
    }
    if (path.startsWith(`${TURNS}/`) && request.method === 'GET')
      return passStream(await forward(target(), received), received, traces.find(path.split(/[/?]/)[5]))

    if (isFilePath(path)) return passFile(target, received, traces, currentOf(visitor))

    const trace = ACTS.test(path) ? currentOf(visitor) : null
    if ((await trace?.reach('act-sent')) === 'drop') return void response.destroy()
    const answer = await forward(target(), received)
    if ((await trace?.reach('act-answered')) === 'drop') return void response.destroy()
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })

/** Event by event, so that what is lost begins and ends where it is meant to. */
async function passStream(answer: IncomingMessage, { response }: Received, trace: Trace | undefined): Promise<void> {
  // A client that leaves closes its connection to the function as well.
  response.once('close', () => answer.destroy())
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream')
  if (isStream && (await trace?.reach('stream-begun')) === 'drop') return void response.destroy()
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  response.flushHeaders()
  answer.setEncoding('utf8')
  let rest = ''
  for await (const chunk of answer as AsyncIterable<string>) {
    const events = (rest + chunk).split(/(?<=\n\n)/)
    rest = events.at(-1)!.endsWith('\n\n') ? '' : events.pop()!
    for (const event of events) {
      if (isStream && trace && (await passesOn(event, trace)) === 'drop') return void response.destroy()
      response.write(event)
    }
  }
  response.end(rest)
}

async function passesOn(event: string, trace: Trace) {
  if (event.includes('"type":"data-answer-complete"')) return trace.reach('complete-sent')
  if (event.includes('"type":"data-waiting"')) return trace.reach('waiting-sent')
  return event.includes('"type":"text-delta"') ? trace.reach('part-sent') : undefined
}
