import { pageDocument } from '../page_document.ts'
import type { Strings } from '../strings.ts'
import type { ChatWidget, LoaclChatElement, MountOptions } from '../types.ts'
import css from './launcher.css?inline'

/** Fetches what a widget needs beyond its launcher, and makes the element's widget. `attempt` counts from 0. */
export type LoadWidget = (element: ChatElement, attempt: number) => Promise<ChatWidget>

/** All that the launcher says. */
export const ENGLISH = {
  openChat: 'Open chat',
  loadFailed: 'The chat did not load. Check your connection and try again.',
} satisfies Partial<Strings>

/** What the widget's other parts ask of the element. */
export interface ChatElement extends LoaclChatElement {
  widget: ChatWidget | null
  readonly launcher: HTMLButtonElement
  /** Loads the widget where that is still to do, and hands it over. Says so, in words, where it can't. */
  run(action: (widget: ChatWidget) => unknown): Promise<void>
  /** What the launcher says instead of the English words, as far as that is given. */
  setWords(words: Partial<typeof ENGLISH>): void
  /** Takes it off the page for good: without options, it is no chat. */
  detach(): void
}

/** Defines `<loacl-chat>`, once per page. */
export function defineChatElement(load: LoadWidget): void {
  if (customElements.get('loacl-chat')) return
  customElements.define(
    'loacl-chat',
    class extends HTMLElement implements ChatElement {
      options: Partial<MountOptions> = {}
      widget: ChatWidget | null = null
      launcher = pageDocument.createElement('button')
      #loading: Promise<ChatWidget> | null = null
      #attempts = 0
      #words = {} as typeof ENGLISH
      #notice = pageDocument.createElement('div')

      constructor() {
        super()
        // One of the page's HTML is no chat, and may have a shadow root already.
        if (this.isConnected) return
        const { launcher } = this
        const root = this.attachShadow({ mode: 'open' })
        const sheet = new CSSStyleSheet()
        sheet.replaceSync(css)
        root.adoptedStyleSheets = [sheet]
        setAttributes(this.#notice, { class: 'notice', role: 'alert' })
        setAttributes(launcher, {
          class: 'launcher',
          part: 'launcher',
          'aria-haspopup': 'dialog',
          'aria-expanded': 'false',
        })

        // What fails while the visitor is only near is tried again, with words, on the press.
        const warm = () =>
          void this.#load()
            .then((widget) => widget.warm())
            .catch(() => {})
        launcher.addEventListener('pointerenter', warm)
        launcher.addEventListener('focus', warm)
        launcher.addEventListener('click', () => this.run((widget) => widget.press()))
      }

      connectedCallback(): void {
        // Attributes are not looked at: an element in a comment's HTML would be another owner's chat.
        if (!this.options.assistant) return console.error('loacl: no options')
        this.shadowRoot!.append(this.#notice, this.launcher)
        this.setWords({ ...this.options.strings, ...this.#words })
      }

      setWords(words: Partial<typeof ENGLISH>): void {
        this.#words = { ...ENGLISH, ...words }
        this.launcher.setAttribute('aria-label', this.#words.openChat)
      }

      disconnectedCallback(): void {
        this.widget?.close()
      }

      async run(action: (widget: ChatWidget) => unknown): Promise<void> {
        this.#notice.textContent = ''
        this.launcher.setAttribute('aria-busy', 'true')
        try {
          await action(await this.#load())
        } catch (cause) {
          // As a `LoaclError`, whose class would be most of this file.
          const known = { name: 'LoaclError', code: 'network', [Symbol.for('loacl.error')]: true }
          const error = Object.assign(new Error(this.#words.loadFailed, { cause }), known)
          console.error(error)
          this.#notice.textContent = this.#words.loadFailed
          this.dispatchEvent(new CustomEvent('loacl-error', { detail: { error }, bubbles: true, composed: true }))
        }
        this.launcher.removeAttribute('aria-busy')
      }

      detach(): void {
        this.options = {}
        this.widget = null
        this.remove()
      }

      #load(): Promise<ChatWidget> {
        return (this.#loading ??= load(this, this.#attempts++).catch((error: unknown) => {
          this.#loading = null
          throw error
        }))
      }
    },
  )
}

/** Puts the element where the page wants it: at the end of the page, if that is nowhere to be found. */
export function placeElement(element: Element, target: MountOptions['target']): void {
  let place: Element | null | undefined
  try {
    place = typeof target === 'string' ? pageDocument.querySelector(target) : target
  } catch (error) {
    console.error(error)
  }
  // A form's fields take the place of its members, as elements do on the document.
  Element.prototype.append.call(place ?? pageDocument.body, element)
}

function setAttributes(element: Element, attributes: Readonly<Record<string, string>>): void {
  for (const name in attributes) element.setAttribute(name, attributes[name]!)
}
