import type { ChatMessage } from '@loacl/core/ai'
import type { FileUIPart } from 'ai'
import { useState } from 'react'
import { Call } from './Call.tsx'
import { client } from './chats.ts'

interface Props {
  message: ChatMessage
  isBusy: boolean
  onEdit: (text: string, files: FileUIPart[]) => void
  onRegenerate: () => void
  onDecide: (callId: string, approved: boolean) => void
}

export function Message({ message, isBusy, onEdit, onRegenerate, onDecide }: Props) {
  const { role, parts, metadata } = message
  const [mode, setMode] = useState<'shown' | 'edited' | 'left'>('shown')
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const files = parts.filter((part) => part.type === 'file')
  const sources = parts.filter((part) => part.type === 'source-url' || part.type === 'source-document')

  if (mode === 'edited')
    return (
      <form
        action={(data) => {
          setMode('shown')
          onEdit(String(data.get('text')), files)
        }}
        onKeyDown={(event) => event.key === 'Escape' && setMode('left')}
      >
        <textarea name="text" aria-label="Edit your message" autoFocus required defaultValue={text} />
        <button>Save</button>
        <button type="button" onClick={() => setMode('left')}>
          Cancel
        </button>
      </form>
    )

  return (
    <article aria-label={role === 'user' ? 'You' : 'Assistant'} data-role={role}>
      {parts.map((part, index) => {
        if (part.type === 'text') return <p key={index}>{part.text}</p>
        if (part.type === 'file') return <File key={index} part={part} />
        if (part.type === 'dynamic-tool') return <Call key={index} part={part} isBusy={isBusy} onDecide={onDecide} />
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
            <button autoFocus={mode === 'left'} onClick={() => setMode('edited')}>
              Edit
            </button>
          ) : (
            metadata?.status !== 'waiting' && <button onClick={onRegenerate}>Another answer</button>
          )}
        </div>
      )}
    </article>
  )
}

/** A file of a message: its bytes until a reload, and afterwards a name, for which there is a link when it is asked for. */
function File({ part: { url, filename = 'File' } }: { part: FileUIPart }) {
  const id = /^loacl-file:(.+)/.exec(url)?.[1]
  async function save() {
    location.assign(id ? (await client.files.link(id, { download: true })).url : url)
  }
  return <button onClick={() => void save()}>{filename}</button>
}
