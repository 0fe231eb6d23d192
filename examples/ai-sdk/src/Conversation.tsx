import { useChat } from '@ai-sdk/react'
import { use, useEffect, useState, useSyncExternalStore, type KeyboardEvent } from 'react'
import { openChat } from './chats.ts'
import { Message } from './Message.tsx'

interface Props {
  id: string
  greeting: string | null | undefined
  /** Told of the conversation's id in the list, once it has one. */
  onThread: (id: string) => void
}

export function Conversation({ id, greeting, onThread }: Props) {
  const { chat, thread } = use(openChat(id))
  const { messages, status, error, sendMessage, regenerate, stop, addToolApprovalResponse } = useChat({
    chat,
    resume: true,
  })
  const [draft, setDraft] = useState('')
  const threadId = useSyncExternalStore(thread.subscribe, () => thread.getSnapshot().id)
  useEffect(() => onThread(threadId), [onThread, threadId])

  const isBusy = status === 'submitted' || status === 'streaming'
  const last = messages.at(-1)
  const followUps = last?.parts.flatMap((part) => (part.type === 'data-follow-ups' ? part.data.suggestions : [])) ?? []

  function send(text: string) {
    if (isBusy || !text.trim()) return
    void sendMessage({ text })
    setDraft('')
  }

  function sendOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send(draft)
  }

  return (
    <main>
      <section role="log" aria-label="Messages" aria-busy={isBusy}>
        {messages.length === 0 && greeting && <p>{greeting}</p>}
        {messages.map((message) => (
          <Message
            key={message.id}
            message={message}
            isBusy={isBusy}
            onEdit={(text) => void sendMessage({ text, messageId: message.id })}
            onRegenerate={() => void regenerate({ messageId: message.id })}
            onDecide={(callId, approved) => void addToolApprovalResponse({ id: callId, approved })}
          />
        ))}
        {status === 'submitted' && <p>…</p>}
      </section>

      {error && (
        <p role="alert">
          {error.message} <button onClick={() => void regenerate()}>Try again</button>
        </p>
      )}
      {!isBusy && followUps.length > 0 && (
        <ul aria-label="Suggestions" className="row">
          {followUps.map(({ id, suggestion }) => (
            <li key={id}>
              <button onClick={() => send(suggestion)}>{suggestion}</button>
            </li>
          ))}
        </ul>
      )}

      <form
        onSubmit={(event) => {
          event.preventDefault()
          send(draft)
        }}
      >
        <textarea
          aria-label="Message"
          rows={2}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={sendOnEnter}
        />
        {isBusy ? (
          <button type="button" onClick={() => void stop()}>
            Stop
          </button>
        ) : (
          <button>Send</button>
        )}
      </form>
    </main>
  )
}
