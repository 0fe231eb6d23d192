import type { Message, MessagePage, OpenedSession, ThreadSummary } from '@loacl/wire'

/** An assistant with which this visitor has a conversation, and one with which they have none. */
export const RETURNING = '00000000-0000-4000-8000-000000000001'
export const NEW = '00000000-0000-4000-8000-000000000002'

const ANSWER = `We rent **three kinds**, all with lights and a lock. You can pick one up at [Quay 4](https://harbour.example/quay-4):

| Kind | Day | Week |
| --- | ---: | ---: |
| City | €14 | €60 |
| Cargo | €35 | €160 |

1. Choose a size: we have frames from \`48\` to \`62\` cm.
2. Leave a deposit of *€50*.

\`\`\`js
const price = (days) => Math.min(days * DAY, Math.ceil(days / 7) * WEEK)
\`\`\``

const thread = (): ThreadSummary => ({
  id: '00000000-0000-4000-8000-00000000000a',
  title: 'Renting a bicycle',
  status: 'active',
  createdAt: new Date().toISOString(),
  lastMessageAt: new Date().toISOString(),
})

export const openSession = (assistant: string): OpenedSession => ({
  assistant: {
    id: assistant,
    name: 'Harbour Cycles',
    description: null,
    greeting: 'Hello from the quay! Ask about **bicycles**, repairs or rentals.',
    appearance: { accent: '#14665a' },
    maxMessageLength: 8000,
    fingerprint: false,
    pageContext: true,
    imageHosts: [],
    files: null,
  },
  questions: ['Do you rent bicycles?', 'When are you open?', 'Do you repair brakes?'].map((question, index) => ({
    id: `00000000-0000-4000-8000-00000000001${index}`,
    question,
    category: null,
  })),
  visitor: { sessionId: null, type: 'guest' },
  threads: { items: assistant === RETURNING ? [thread()] : [], nextCursor: null },
})

const message = (index: number): Message => {
  const isQuestion = index % 2 === 1
  const content = isQuestion ? 'Do you rent bicycles, and what does it cost?' : ANSWER
  return {
    id: `00000000-0000-4000-8000-000000${String(100_000 + index)}`,
    clientId: isQuestion ? `00000000-0000-4000-8000-000000${String(200_000 + index)}` : null,
    role: isQuestion ? 'user' : 'assistant',
    author: isQuestion ? 'visitor' : 'assistant',
    status: 'completed',
    content,
    parts: [{ type: 'text', text: content }],
    errorCode: null,
    cutReason: null,
    createdAt: new Date().toISOString(),
    suggestions: [],
  }
}

export const listMessages = (messages: number): MessagePage => ({
  thread: thread(),
  activeTurnId: null,
  waiting: null,
  lastEvent: 0,
  items: Array.from({ length: messages }, (_, index) => message(index)),
  nextCursor: null,
})
