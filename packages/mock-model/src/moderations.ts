import type { ServerResponse } from 'node:http'

/** Of a request to `/moderations`, what the mock model reads. */
export interface ModerationsRequest {
  model: string
  input: string | readonly string[]
}

/**
 * Says for which categories a text is flagged, if any. It may take its time, and may answer the request itself, as with an
 * error: then nothing else is sent.
 */
export type ModerationScript = (
  text: string,
  response: ServerResponse,
) => readonly string[] | Promise<readonly string[]>

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** Answers as OpenAI does: a result for each text, with every category. */
export async function moderate(
  { model, input }: ModerationsRequest,
  response: ServerResponse,
  script: ModerationScript,
): Promise<void> {
  const results: ReturnType<typeof toResult>[] = []
  for (const text of typeof input === 'string' ? [input] : input) results.push(toResult(await script(text, response)))
  if (response.headersSent || response.destroyed) return
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ id: 'modr-1', model: model.replace('latest', '2024-09-26'), results }))
}

function toResult(flagged: readonly string[]) {
  const each = <Value>(valueOf: (isFlagged: boolean) => Value) =>
    Object.fromEntries(CATEGORIES.map((name) => [name, valueOf(flagged.includes(name))]))
  return {
    flagged: flagged.length > 0,
    categories: each((isFlagged) => isFlagged),
    category_scores: each((isFlagged) => (isFlagged ? 0.98 : 0.000_012)),
    category_applied_input_types: each(() => ['text']),
  }
}
