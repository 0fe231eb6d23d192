import type { ToolMetadata } from '@loacl/core'
import type { DynamicToolUIPart } from 'ai'

/** What a call is doing, or how it ended, in words. */
const STATES: Record<DynamicToolUIPart['state'], string> = {
  'input-streaming': 'is prepared',
  'input-available': 'runs',
  'approval-requested': 'asks',
  'approval-responded': 'is on its way',
  'output-available': 'is done',
  'output-error': 'has failed',
  'output-denied': 'was denied',
}

interface Props {
  part: DynamicToolUIPart
  isBusy: boolean
  onDecide: (callId: string, approved: boolean) => void
}

/** A call of a tool as a line, and as a card while it asks whether it may run. Its words are those of the site's owner. */
export function Call({ part, isBusy, onDecide }: Props) {
  const { toolCallId, toolName, title = toolName, state, input, errorText } = part
  const { sentences = {}, host } = (part.toolMetadata ?? {}) as Partial<ToolMetadata>
  if (state !== 'approval-requested')
    return (
      <p className="note">
        {title} {STATES[state]}
        {errorText && ` (${errorText})`}
      </p>
    )
  return (
    <section role="group" aria-label={title} className="card">
      <strong>{title}</strong>
      <p>{sentences[document.documentElement.lang] ?? Object.values(sentences)[0]}</p>
      <pre tabIndex={0} aria-label="What is sent">
        {JSON.stringify(input, null, 2)}
      </pre>
      {host && <p className="note">Goes to {host}</p>}
      <div className="row">
        <button disabled={isBusy} onClick={() => onDecide(toolCallId, true)}>
          Approve
        </button>
        <button disabled={isBusy} onClick={() => onDecide(toolCallId, false)}>
          Deny
        </button>
      </div>
    </section>
  )
}
