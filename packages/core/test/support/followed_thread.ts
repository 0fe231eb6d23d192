import { onTestFinished, vi } from 'vitest'
import type { LoaclClient, Message, Thread } from '../../src/index.ts'
import { fakeProject, IDS, json, opened } from './project.ts'

export const THREAD = IDS.threadId
export const summary = (change: object = {}) => ({
  id: THREAD,
  title: 'Parcels',
  status: 'active',
  createdAt: '2026-11-21T08:00:00+00:00',
  lastMessageAt: '2026-11-21T08:00:00+00:00',
  ...change,
})
export const message = (id: string, content: string, change: Partial<Message> = {}): Message => ({
  id,
  clientId: null,
  role: 'assistant',
  author: 'assistant',
  status: 'completed',
  content,
  parts: [{ type: 'text', text: content }],
  errorCode: null,
  cutReason: null,
  createdAt: '2026-11-21T08:00:00+00:00',
  suggestions: [],
  ...change,
})
export const question = message(IDS.userMessageId, 'Where is it?', {
  role: 'user',
  author: 'visitor',
  clientId: 'of-tab-1',
})
export const streaming = message(IDS.messageId, '', { status: 'streaming', parts: [] })
/** Newest first, as the database gives them. */
export const messagePage = (items: Message[], more: object = {}) =>
  json({ thread: summary(), activeTurnId: null, lastEvent: 0, items, nextCursor: null, ...more })
export const eventPage = (kinds: string[], lastEvent: number, more: object = {}) =>
  json({
    thread: summary(),
    activeTurnId: null,
    items: kinds.map((kind, at) => ({
      number: lastEvent - kinds.length + 1 + at,
      kind,
      messageId: null,
      turnId: null,
      createdAt: '2026-11-21T08:00:00+00:00',
    })),
    lastEvent,
    ...more,
  })

export const known = () =>
  fakeProject().on('POST rpc/open_session', () => json(opened({ threads: { items: [summary()], nextCursor: null } })))
/** Lets other tabs receive what was sent, fetch what it names and show it. */
export async function settle(ms = 1_000): Promise<void> {
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(ms)
}

export async function watched(client: LoaclClient): Promise<Thread> {
  // What it would do later, it would do in a page that is gone.
  onTestFinished(() => client.dispose())
  const thread = client.threads.get(THREAD)
  thread.subscribe(() => {})
  await thread.load()
  return thread
}
