import { useChat } from '@ai-sdk/react'
import type { PublicAssistant } from '@loacl/core'
import { use, useEffect, useRef, useSyncExternalStore, type KeyboardEvent, type SubmitEvent } from 'react'
import { openChat } from './chats.ts'
import { Message } from './Message.tsx'

interface Props {
  id: string
  assistant: PublicAssistant | undefined
  /** Told of the conversation's id in the list, once it has one. */
  onThread: (id: string) => void
}

export function Conversation({ id, assistant, onThread }: Props) {
  const { chat, thread } = use(openChat(id))
  const { messages, status, error, sendMessage, regenerate, stop, addToolApprovalResponse } = useChat({
    chat,
    resume: true,
  })
  const log = useRef<HTMLElement>(null)
  const threadId = useSyncExternalStore(thread.subscribe, () => thread.getSnapshot().id)
  useEffect(() => onThread(threadId), [onThread, threadId])

  const isBusy = status === 'submitted' || status === 'streaming'
  const last = messages.at(-1)
  const followUps = last?.parts.flatMap((part) => (part.type === 'data-follow-ups' ? part.data.suggestions : [])) ?? []

  /** What was said of a call is said again; else there is another try at an answer. */
  const retry = () => (last?.metadata?.status === 'waiting' ? sendMessage() : regenerate())

  /** The button that was pressed goes: the keyboard is put where something comes. */
  function act(action: () => unknown) {
    log.current?.focus()
    action()
  }

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const text = String(new FormData(form).get('text'))
    const files = form.querySelector<HTMLInputElement>('[type=file]')?.files ?? undefined
    if (!text.trim() && !files?.length) return
    void sendMessage({ text, files })
    form.reset()
  }

  function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!isBusy) event.currentTarget.form?.requestSubmit()
  }

  return (
    <main>
      <section ref={log} tabIndex={0} role="log" aria-label="Messages" aria-busy={isBusy}>
        <div>
          {messages.length === 0 && <p>{assistant?.greeting}</p>}
          {messages.map((message) => (
            <Message
              key={message.id}
              message={message}
              isBusy={isBusy}
              onEdit={(text, files) => act(() => sendMessage({ text, files, messageId: message.id }))}
              onRegenerate={() => act(() => regenerate({ messageId: message.id }))}
              onDecide={(callId, approved) => act(() => addToolApprovalResponse({ id: callId, approved }))}
            />
          ))}
          {status === 'submitted' && <p>…</p>}
        </div>
      </section>

      {error && (
        <p role="alert">
          {error.message} <button onClick={() => act(retry)}>Try again</button>
        </p>
      )}
      {!isBusy && followUps.length > 0 && (
        <ul aria-label="Suggestions" className="row">
          {followUps.map(({ suggestion }) => (
            <li key={suggestion}>
              <button onClick={() => act(() => sendMessage({ text: suggestion }))}>{suggestion}</button>
            </li>
          ))}
        </ul>
      )}

      <form onSubmit={submit}>
        <textarea name="text" aria-label="Message" rows={2} onKeyDown={submitOnEnter} />
        {assistant?.files && <input type="file" aria-label="Files" multiple accept={assistant.files.types.join()} />}
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
