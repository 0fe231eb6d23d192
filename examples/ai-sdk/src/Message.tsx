import type { ChatMessage } from '@loacl/core/ai'
import { useState } from 'react'
import { Call } from './Call.tsx'

interface Props {
  message: ChatMessage
  isBusy: boolean
  onEdit: (text: string) => void
  onRegenerate: () => void
  onDecide: (callId: string, approved: boolean) => void
}

export function Message({ message, isBusy, onEdit, onRegenerate, onDecide }: Props) {
  const { role, parts, metadata } = message
  const [draft, setDraft] = useState<string>()
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const sources = parts.filter((part) => part.type === 'source-url' || part.type === 'source-document')

  if (draft !== undefined)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setDraft(undefined)
          if (draft.trim()) onEdit(draft)
        }}
        onKeyDown={(event) => event.key === 'Escape' && setDraft(undefined)}
      >
        <textarea aria-label="Edit your message" autoFocus value={draft} onChange={(event) => setDraft(event.target.value)} />
        <button>Save</button>
        <button type="button" onClick={() => setDraft(undefined)}>
          Cancel
        </button>
      </form>
    )

  return (
    <article aria-label={role === 'user' ? 'You' : 'Assistant'} data-role={role}>
      {parts.map((part, index) => {
        if (part.type === 'text') return <p key={index}>{part.text}</p>
        if (part.type === 'dynamic-tool') return <Call key={index} part={part} onDecide={onDecide} />
        if (part.type !== 'reasoning') return null
        return (
          <details key={index}>
            <summary>Reasoning</summary>
            <p>{part.text}</p>
          </details>
        )
      })}
      {sources.length > 0 && (
        <ul aria-label="Sources">
          {sources.map((source) => (
            <li key={source.sourceId}>
              {source.type === 'source-url' ? (
                <a href={source.url} target="_blank" rel="noopener noreferrer">
                  {source.title ?? source.url}
                </a>
              ) : (
                source.title
              )}
            </li>
          ))}
        </ul>
      )}
      {metadata?.status === 'stopped' && <p className="note">Stopped.</p>}
      {metadata?.status === 'cut' && <p className="note">Cut short.</p>}
      {!isBusy && (
        <div className="row">
          {role === 'user' ? (
            <button onClick={() => setDraft(text)}>Edit</button>
          ) : (
            <button onClick={onRegenerate}>Another answer</button>
          )}
        </div>
      )}
    </article>
  )
}
