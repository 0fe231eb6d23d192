import { randomToken } from '../../src/random.ts'
import { readParts, type NumberedPart, type StreamPart } from '@loacl/wire'
import { onTestFinished } from 'vitest'
import { createClient, type ClientOptions, type LoaclClient } from '../../src/index.ts'
import type { StreamedAnswer } from '../../src/testing/index.ts'
import { memoryStorage } from '../support/watch.ts'

/** An answer whose every word a test decides. */
export interface AnswerUnderTest {
  say(text: string): AnswerUnderTest
  end(ending?: { title?: string; followUps?: readonly string[] }): void
  /** `output_flagged`: says something that moderation flags, and ends. */
  fail(code: 'model_unavailable' | 'output_flagged'): void
}

/** A project that answers visitors: the real one, or the one in memory. */
export interface ProjectUnderTest {
  url: string
  key: string
  assistant: string
  /** Answers the next question. */
  stream(): AnswerUnderTest | StreamedAnswer
  /** Of the site's visitor with this id. */
  identityToken(externalId: string): Promise<string> | string
  /** Of a Supabase user that is new. */
  accessToken(): Promise<string> | string
}

/** A client of a visitor who is new, unless `storage` knows them, for as long as the test runs. */
export function clientOf(
  { url, key, assistant }: ProjectUnderTest,
  storage = memoryStorage(),
  change: { assistant?: string; key?: string; auth?: ClientOptions['auth'] } = {},
): LoaclClient {
  const client = createClient({ url, key, assistant, storage, ...change })
  // A timer of its own may outlive the document.
  onTestFinished(() => client.dispose())
  return client
}

/** What a visitor's program sends, without a client between. */
export function callerOf(project: ProjectUnderTest, token: string | null = randomToken()) {
  const headers: Record<string, string> = { apikey: project.key, 'content-type': 'application/json' }
  if (token !== null) headers['x-loacl-session'] = token
  const send = (path: string, method: string, body?: unknown, change: Record<string, string> = {}) =>
    fetch(`${project.url}/${path}`, {
      method,
      headers: { ...headers, ...change },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    message: (text: string, change: object = {}) => ({
      type: 'message',
      assistantId: project.assistant,
      id: crypto.randomUUID() as string,
      threadId: null as string | null,
      text,
      ...change,
    }),
    chat: (method: string, path: string, body?: unknown, change?: Record<string, string>) =>
      send(`functions/v1/loacl-chat/${path}`, method, body, change),
    rpc: (name: string, args: object, change: Record<string, string> = {}) =>
      send(`rest/v1/rpc/${name}`, 'POST', args, { 'content-profile': 'loacl', ...change }),
  }
}

/** Reads a stream in the background. `until` waits for a part of a type, `all` for the end. */
export function collect(response: Response) {
  const parts: NumberedPart[] = []
  const waiting = new Map<StreamPart['type'], () => void>()
  const ended = (async () => {
    for await (const numbered of readParts(response.body!)) {
      parts.push(numbered)
      waiting.get(numbered.part.type)?.()
    }
    return parts
  })()
  return {
    all: () => ended,
    until: (type: StreamPart['type']) =>
      new Promise<readonly NumberedPart[]>((resolve) => {
        waiting.set(type, () => resolve(parts))
        if (parts.some(({ part }) => part.type === type)) resolve(parts)
      }),
  }
}

export const typesOf = (parts: readonly NumberedPart[]): string[] => parts.map(({ part }) => part.type)
export const textOf = (parts: readonly NumberedPart[]): string =>
  parts.map(({ part }) => (part.type === 'text-delta' ? part.delta : '')).join('')
export function turnOf(parts: readonly NumberedPart[]) {
  const { part } = parts.find((numbered) => numbered.part.type === 'data-turn')!
  return (part as Extract<StreamPart, { type: 'data-turn' }>).data
}
