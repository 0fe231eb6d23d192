import { h } from 'preact'
import { assistantOf, canSend, charactersLeft, isRunning, type ModelState } from '../model_state.ts'
import { directionOf } from '../direction.ts'
import type { Drawn } from './drawing.ts'
import { Icon } from './icons.tsx'
import { memo } from './memo.ts'
import type { Ui } from './ui.ts'

export const Composer = ({ ui, state, drawn }: { ui: Ui; state: ModelState; drawn: Drawn }) => {
  const sendable = canSend(state)
  return (
    <Form
      ui={ui}
      draft={state.draft}
      left={charactersLeft(state)}
      limit={assistantOf(state)?.maxMessageLength ?? 0}
      // What waits for the visitor can be stopped, or ended by what they write.
      busy={isRunning(state.thread) || (state.thread.turn.status === 'waiting' && !sendable)}
      canSend={sendable}
      bare={drawn.count < -1}
    />
  )
}

interface FormProps {
  ui: Ui
  draft: string
  /** How many characters more it takes. */
  left: number
  limit: number
  busy: boolean
  canSend: boolean
  /** There is only what the keyboard needs: the rest comes when the field has it. */
  bare: boolean
}

/** Doesn't render again at each word of an answer: that would lay it out anew. */
const Form = memo(({ ui, draft, left, limit, busy, canSend: sendable, bare }: FormProps) => {
  const { model, words, features } = ui
  const { length, fields } = features
  const attachments = features.attachments.loaded
  const near = left < limit / 10
  if (near) void length.load()
  const counter = near && length.loaded
  const submit = (event: Event) => {
    event.preventDefault()
    if (left < 0) void length.load().then(() => length.loaded?.announceCount(ui, left))
    if (!attachments?.holds(ui)) model.submit()
  }
  return (
    <form part="composer" onSubmit={submit}>
      <div class="field">
        {attachments && <attachments.AttachButton ui={ui} />}
        <textarea
          rows={1}
          // Empty, `auto` would mean left to right.
          dir={draft ? 'auto' : directionOf(words.placeholder)}
          aria-label={words.message}
          aria-describedby={counter ? 'count' : undefined}
          aria-invalid={left < 0}
          placeholder={bare ? '' : words.placeholder}
          autoComplete="off"
          value={draft}
          // A function of its own each time, so that it runs after each rendering.
          ref={(box) => {
            if (box) fields.loaded?.fitField(box)
          }}
          onInput={(event) => model.type(event.currentTarget.value)}
          onKeyDown={(event) => {
            // A touch screen's keyboard has no other way to a new line.
            if (event.key !== 'Enter' || event.shiftKey || matchMedia('(pointer: coarse)').matches) return
            // 229: the Enter that ends a composition in Safari, where `isComposing` is already false.
            if (!event.isComposing && event.keyCode !== 229) submit(event)
          }}
        />
        {!bare &&
          (busy ? (
            // The second click of a double click on "Send" lands here, and stops nothing.
            <button
              key="stop"
              type="button"
              class="send"
              aria-label={words.stopAnswering}
              title={words.stopAnswering}
              onClick={(event) => event.detail < 2 && ui.stop()}
            >
              <Icon name="stop" />
            </button>
          ) : (
            <button
              key="send"
              type="submit"
              class="send"
              aria-label={words.sendMessage}
              title={words.sendMessage}
              disabled={!sendable}
            >
              <Icon name="send" />
            </button>
          ))}
      </div>
      {counter && <counter.Count ui={ui} left={left} />}
    </form>
  )
})
