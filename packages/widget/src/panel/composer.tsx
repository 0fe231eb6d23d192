import { h } from 'preact'
import { assistantOf, canSend, charactersLeft, isRunning, type ModelState } from '../model_state.ts'
import { directionOf } from '../direction.ts'
import { Icon } from './icons.tsx'
import { memo } from './memo.ts'
import type { Ui } from './ui.ts'

export const Composer = ({ ui, state }: { ui: Ui; state: ModelState }) => {
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
}

/** Doesn't render again at each word of an answer: that would lay it out anew. */
const Form = memo(({ ui, draft, left, limit, busy, canSend: sendable }: FormProps) => {
  const { model, words, features } = ui
  const { length } = features
  const attachments = features.attachments.loaded
  const near = left < limit / 10
  if (near) void length.load()
  const count = near && length.loaded?.countCharacters(ui, left)
  const submit = (event: Event) => {
    event.preventDefault()
    if (count && left < 0) ui.announce(count)
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
          aria-describedby="count"
          aria-invalid={left < 0}
          placeholder={words.placeholder}
          autoComplete="off"
          value={draft}
          // A function of its own each time, so that it runs after each rendering.
          ref={(box) => fitComposer(box)}
          onInput={(event) => model.type(event.currentTarget.value)}
          onKeyDown={(event) => {
            // A touch screen's keyboard has no other way to a new line.
            if (event.key !== 'Enter' || event.shiftKey || matchMedia('(pointer: coarse)').matches) return
            // 229: the Enter that ends a composition in Safari, where `isComposing` is already false.
            if (!event.isComposing && event.keyCode !== 229) submit(event)
          }}
        />
        {busy ? (
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
        )}
      </div>
      <div id="count" class={left < 0 ? 'count over' : 'count'} hidden={!near}>
        {count}
      </div>
    </form>
  )
})

/** In pixels, and more than the style allows. Above it the height is left as it is. */
const HIGHEST = 999

/** As high as its text, within the limits that the style sets. */
export function fitComposer(box: HTMLTextAreaElement | null): void {
  // Out of sight it has no height to go by. (Its `offsetParent` would say so, too, at the price of a layout.)
  if (!box?.closest('dialog')?.open) return
  // What doesn't fit can't want less. Laying out a long text twice at each key would be felt.
  if (box.scrollHeight <= box.clientHeight) box.style.height = 'auto'
  box.style.height = `${Math.min(box.scrollHeight, HIGHEST)}px`
}
