import { type ChatElement, setUp } from '../launcher/chat_element.ts'
import type { SomeStrings } from '../strings.ts'
import type { ElementOptions, WidgetOptions } from '../types.ts'
import { createEarlyWidget, type EarlyWidget } from './early_widget.ts'

/** Where one of these is another, so is the widget. */
const IDENTITY = ['url', 'key', 'assistant', 'client', 'supabase', 'id'] as const

/** What the attributes say, as the script tag's do. */
function fromHtml({ dataset, id }: HTMLElement): ElementOptions {
  const { url, key, assistant, theme, locale, open, ...strings } = dataset
  return {
    url,
    key,
    assistant,
    locale,
    open,
    id,
    theme: theme as ElementOptions['theme'],
    strings: strings as SomeStrings,
  }
}

const lookOf = ({ layout, theme, locale, strings, appearance }: ElementOptions): string =>
  JSON.stringify([layout, theme, locale, strings, appearance])

const isOpen = ({ open = false }: ElementOptions): boolean => `${open}` !== 'false'

/** Defines `<loacl-chat>`, once per page. */
export function defineElement(): void {
  if (customElements.get('loacl-chat')) return
  customElements.define(
    'loacl-chat',
    class extends HTMLElement {
      /** What the page has set. It goes before the attributes. */
      #set: ElementOptions = {}
      /** What the widget knows of. */
      #known: ElementOptions = {}
      #isOnPage = false
      readonly #host = this as unknown as ChatElement
      readonly #observer = new MutationObserver(() => this.#follow())

      constructor() {
        super()
        // A framework may have set them before the element was defined.
        const before = Object.getOwnPropertyDescriptor(this, 'options')?.value as ElementOptions | undefined
        delete (this as { options?: unknown }).options
        // An element without a widget has no launcher in sight.
        setUp(this.#host, async () => this.#host.widget!)
        this.#host.widget = null
        this.options = before
      }

      get options(): ElementOptions {
        const html = fromHtml(this)
        return { ...html, ...this.#set, strings: { ...html.strings, ...this.#set.strings } }
      }

      set options(options: ElementOptions | null | undefined) {
        this.#set = options ?? {}
        this.#follow()
      }

      connectedCallback(): void {
        const { widget } = this.#host
        this.#isOnPage = true
        this.#observer.observe(this, { attributes: true })
        this.#follow()
        if (widget && widget === this.#host.widget) this.#host.connected()
        // A framework may set the options of an element that is on the page.
        setTimeout(() => this.#isOnPage && !this.#host.widget && console.error('loacl: no options'))
      }

      disconnectedCallback(): void {
        this.#isOnPage = false
        this.#observer.disconnect()
        this.#host.widget?.leave()
      }

      /** Makes of the options and attributes what they are now. */
      #follow(): void {
        const host = this.#host
        const before = this.#known
        const next = (this.#known = this.options)
        if (IDENTITY.some((name) => next[name] !== before[name])) {
          ;(host.widget as EarlyWidget | null)?.end()
          host.words = {}
        }
        const widget = host.widget as EarlyWidget | null
        if (!widget) {
          if (!this.#isOnPage) return
          if (!(next.assistant || next.client)) return this.shadowRoot!.replaceChildren()
          host.widget = createEarlyWidget(host, this.#forWidget(next))
          host.connected()
          return
        }
        if (lookOf(next) !== lookOf(before)) widget.redraw(this.#forWidget(next))
        if (isOpen(next) === isOpen(before)) return
        if (isOpen(next)) void host.run(() => widget.open(), true)
        else widget.close()
      }

      /** A component may give another function each time that it draws: the one that counts is the last. */
      #forWidget(options: ElementOptions): WidgetOptions {
        const auth = async () => (await this.options.auth?.()) ?? null
        return { ...options, ...(options.auth && { auth }) } as WidgetOptions
      }
    },
  )
}
