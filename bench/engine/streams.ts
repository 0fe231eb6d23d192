import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** A stream as its reader saw it: milliseconds from the request until its first words and until its end. */
export interface Stream {
  first: number
  whole: number
  characters: number
  threadId: string | null
  /** How often a worker that was full refused it: it was sent again, as our client does. */
  refused: number
}

export interface Target {
  apiUrl: string
  publishableKey: string
  assistantId: string
}

/** A visitor who asks by the wire alone: a client of ours would cost processor time here. */
export function createVisitor({ apiUrl, publishableKey, assistantId }: Target) {
  const token = randomBytes(32).toString('base64url')
  let threadId: string | null = null
  return async (text: string): Promise<Stream> => {
    const stream = await readStream(
      `${apiUrl}/functions/v1/loacl-chat/turns`,
      { apikey: publishableKey, 'x-loacl-session': token },
      { type: 'message', assistantId, id: randomUUID(), threadId, text },
      '"text-delta"',
    )
    threadId = stream.threadId
    return stream
  }
}

/** The same question to the mock model itself. */
export const askModel = (modelUrl: string, text: string): Promise<Stream> =>
  readStream(
    `${modelUrl}/responses`,
    { authorization: 'Bearer sk-bench' },
    { model: 'gpt-4.1-mini', stream: true, input: [{ role: 'user', content: text }] },
    '"response.output_text.delta"',
  )

/**
 * How long a call of the database takes that finds nothing: of what an answer takes until its first words, two of these are the
 * project's Data API, which here is a local one.
 */
export async function callDatabase({ apiUrl, secretKey }: { apiUrl: string; secretKey: string }): Promise<number> {
  const start = performance.now()
  const response = await fetch(`${apiUrl}/rest/v1/rpc/find_turn`, {
    method: 'POST',
    headers: {
      apikey: secretKey,
      'content-type': 'application/json',
      'content-profile': 'loacl',
      'x-loacl-session': randomBytes(32).toString('base64url'),
    },
    body: JSON.stringify({ thread_id: 'none' }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  await response.text()
  return performance.now() - start
}

/** Sends it until a worker has room, and says how often none had. */
async function send(url: string, headers: HeadersInit, body: object): Promise<{ response: Response; refused: number }> {
  for (let refused = 0; ; refused++) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (response.ok) return { response, refused }
    const text = await response.text()
    const { error } = JSON.parse(text) as { error?: { code?: string; retryAfterMs?: number } }
    if (error?.code !== 'busy') throw new Error(`${response.status} ${text}`)
    await sleep(error.retryAfterMs)
  }
}

async function readStream(url: string, headers: HeadersInit, body: object, word: string): Promise<Stream> {
  const start = performance.now()
  const { response, refused } = await send(url, headers, body)
  const decoder = new TextDecoder()
  const stream: Stream = { first: 0, whole: 0, characters: 0, threadId: null, refused }
  let rest = ''
  for await (const bytes of response.body!) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (line.includes('"data-turn"')) stream.threadId = /"threadId":"([^"]+)"/.exec(line)![1]!
      // The answer is stored; follow-ups may still come.
      if (/"data-answer-complete"|"response.completed"/.test(line)) stream.whole ||= performance.now() - start
      if (!line.includes(word)) continue
      stream.first ||= performance.now() - start
      stream.characters += /"delta":"([^"]*)"/.exec(line)![1]!.length
    }
  }
  if (!stream.whole) throw new Error('The stream broke off.')
  return stream
}
