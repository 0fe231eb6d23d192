import { Component, fill, h, type ContextStrings, type PageContext, type Said, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { GERMAN } from './german.ts'
import { leaveOut } from './said.ts'

/** The words, in German too: the file of that language is fetched by all who read German. */
const wordsOf = ({ words, locale }: Ui): ContextStrings => ({
  ...ENGLISH,
  ...(/^de\b/.test(locale) && GERMAN),
  ...(words as Partial<ContextStrings>),
})

/** The page's title and its host, as far as it says them. */
function nameOf({ title, url }: PageContext, unnamed: string): string {
  const host = /^\w+:\/\/(?:[^/]*@)?([^/]+)/.exec(url ?? '')?.[1] ?? ''
  return [title?.trim() ?? '', host].filter((name) => name !== '').join(' · ') || unnamed
}

/** Says above the composer what goes with the next message, and lets the visitor see all of it and leave it out. */
export class ContextLine extends Component<{ ui: Ui }> {
  #first: HTMLButtonElement | null = null
  #turn: string = this.props.ui.model.getSnapshot().thread.turn.status
  readonly #unsubscribe = [
    this.props.ui.model.context!.subscribe(() => this.forceUpdate()),
    this.props.ui.model.subscribe(() => this.#followTurn()),
  ]

  override componentWillUnmount(): void {
    for (const end of this.#unsubscribe) end()
  }

  /** What was left out of one message goes with the next. */
  #followTurn(): void {
    const { model } = this.props.ui
    const { status } = model.getSnapshot().thread.turn
    if (status === 'sending' && this.#turn !== status && model.context!.getSnapshot()?.left === 'once')
      leaveOut(model, null)
    this.#turn = status
  }

  #choose(left: Said['left'], said: string): void {
    const { ui } = this.props
    leaveOut(ui.model, left)
    ui.announce(said)
    // The button that was pressed may be gone.
    this.#first?.focus()
  }

  override render({ ui }: { ui: Ui }) {
    const { session } = ui.model.getSnapshot()
    const said = ui.model.context!.getSnapshot()
    if (!said || session.status !== 'open' || !session.assistant.pageContext) return null
    const words = wordsOf(ui)
    const name = nameOf(said.page, words.contextPage)
    const say = (left: Said['left']) =>
      fill(left ? words.contextLeft : words.contextSent, { page: `\u2068${name}\u2069` })
    const button = (text: string, left: Said['left'], isFirst = false) => (
      <button
        key={isFirst ? 'first' : text}
        type="button"
        class="link"
        ref={(element) => {
          if (isFirst) this.#first = element
        }}
        onClick={() => this.#choose(left, say(left))}
      >
        {text}
      </button>
    )
    return (
      <details class="context" part="context">
        <summary>{say(said.left)}</summary>
        <p>{words.contextAbout}</p>
        <dl tabIndex={0} role="group" aria-label={name}>
          {Object.entries(said.page).map(([key, value]) => [
            <dt>{key}</dt>,
            <dd dir="auto">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>,
          ])}
        </dl>
        <div class="under">
          {said.left
            ? button(words.contextPutBack, null, true)
            : [button(words.contextLeaveOnce, 'once', true), button(words.contextLeave, 'always')]}
        </div>
      </details>
    )
  }
}
