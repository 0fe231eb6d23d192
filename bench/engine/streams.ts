import { randomBytes, randomUUID } from 'node:crypto'

/** A stream as its reader saw it: milliseconds from the request until its first words and until its end. */
export interface Stream {
  first: number
  whole: number
  characters: number
  threadId: string | null
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

async function readStream(url: string, headers: HeadersInit, body: object, word: string): Promise<Stream> {
  const start = performance.now()
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const decoder = new TextDecoder()
  const stream: Stream = { first: 0, whole: 0, characters: 0, threadId: null }
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
