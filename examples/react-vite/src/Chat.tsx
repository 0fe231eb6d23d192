import type { LoaclClient, Thread } from '@loacl/core'
import { useState, useSyncExternalStore } from 'react'

const useThread = (thread: Thread) => useSyncExternalStore(thread.subscribe, thread.getSnapshot, thread.getSnapshot)

export function Chat({ client }: { client: LoaclClient }) {
  const [thread] = useState(() => client.threads.create())
  const { messages, turn } = useThread(thread)
  const [draft, setDraft] = useState('')

  function send() {
    thread.send(draft)
    setDraft('')
  }

  return (
    <main>
      <div role="log">
        {messages.map((message) => (
          <p key={message.id} data-role={message.role} data-status={message.status}>
            {message.content}
          </p>
        ))}
      </div>
      {turn.status === 'failed' && (
        <p role="alert">
          {turn.error.code} <button onClick={() => thread.retry()}>Try again</button>
        </p>
      )}
      <form action={send}>
        <input aria-label="Question" value={draft} onChange={(event) => setDraft(event.target.value)} required />
        <button>Send</button>
      </form>
    </main>
  )
}
