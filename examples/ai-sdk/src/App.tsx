import { generateId } from 'ai'
import { Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import { client } from './chats.ts'
import { Conversation } from './Conversation.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'

function subscribeToHash(listener: () => void) {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

function openNew() {
  location.hash = generateId()
}

if (!location.hash) openNew()

export function App() {
  const chatId = useSyncExternalStore(subscribeToHash, () => location.hash.slice(1))
  const state = useSyncExternalStore(client.subscribe, client.getSnapshot)
  const [threadId, setThreadId] = useState('')
  const [lamp, setLamp] = useState('')

  // A tool of this page: the assistant's owner has declared it, the model calls it, and is told what it gives.
  useEffect(
    () =>
      client.registerTool('show_lamp', ({ name }) => {
        setLamp(String(name))
        return { shown: name }
      }),
    [],
  )

  const assistant = state.status === 'open' ? state.assistant : undefined
  const threads = state.status === 'open' ? state.threads : []
  return (
    <>
      <header>
        <h1>{assistant?.name ?? 'Chat'}</h1>
        <p role="status">{lamp && `You are shown: ${lamp}`}</p>
      </header>
      <nav aria-label="Conversations">
        <button onClick={openNew}>New conversation</button>
        <ul>
          {threads.map(({ id, title }) => (
            <li key={id}>
              <a href={`#${id}`} aria-current={id === threadId ? 'page' : undefined}>
                {title ?? 'Untitled'}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <ErrorBoundary key={chatId}>
        <Suspense fallback={<main aria-busy="true">Loading…</main>}>
          <Conversation id={chatId} assistant={assistant} onThread={setThreadId} />
        </Suspense>
      </ErrorBoundary>
    </>
  )
}
