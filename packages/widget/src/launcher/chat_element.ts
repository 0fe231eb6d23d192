import { createElement, documentMember } from './page_document.ts'
import type { Strings } from '../strings.ts'
import type { LauncherWidget, LoaclChatElement, MountOptions } from '../types.ts'
import css from './launcher.css?inline'
import { OPEN_CHAT } from './words.ts'

/**
 * Fetches what a widget needs beyond its launcher, and makes the element's widget. `again` is another end of an address at
 * each attempt: a browser may remember a failed import.
 */
export type LoadWidget = (element: ChatElement, again: string) => Promise<LauncherWidget>

/** All that the launcher says. */
export const ENGLISH = {
  openChat: OPEN_CHAT,
  loadFailed: 'The chat did not load. Try again.',
} satisfies Partial<Strings>

/** What the widget's other parts ask of the element. */
export interface ChatElement extends Omit<LoaclChatElement, 'widget'> {
  widget: LauncherWidget | null
  launcher: HTMLButtonElement
  /** The panel's file has come. */
  loaded?: true
  /** What the launcher says, where that is not the page's `options.strings` or English. */
  words?: Partial<typeof ENGLISH>
  /**
   * Loads the widget where that is still to do, and hands it over. Says so, in words, where it can't, unless it is `unasked`.
   * What `opens` the panel shows its frame until its file is there.
   */
  run(action: (widget: LauncherWidget) => unknown, opens?: unknown, unasked?: boolean): Promise<void>
  /** Closes the panel, calls off one that is on its way, or takes words away. */
  close(): void
  /** Whether the frame alone is there. */
  isOpening(): boolean
  /** It has come onto a page. */
  connected(): void
}

/** Defines `<loacl-chat>`, once per page. */
export function defineChatElement(load: LoadWidget): void {
  if (customElements.get('loacl-chat')) return
  customElements.define(
    'loacl-chat',
    class extends HTMLElement {
      constructor() {
        super()
        // One of the page's HTML is no chat, and may have a shadow root already.
        if (!this.isConnected) setUp(this as unknown as ChatElement, load)
      }

      connectedCallback(this: ChatElement): void {
        // Attributes are not looked at: an element in a comment's HTML would be another owner's chat.
        if (this.options?.assistant) this.connected()
        else console.error('loacl: no options')
      }

      disconnectedCallback(this: ChatElement): void {
        this.widget?.leave()
      }
    },
  )
}

/** What the loading of a widget throws. A variable of that type would be one more in what visitors fetch. */
interface Failure {
  name: string
  code?: string
}

/** Gives an element its launcher, and what the widget's other parts ask of it. */
export function setUp(host: ChatElement, load: LoadWidget): void {
  const launcher = createElement('button')
  /** The panel's frame until its file has come; with words in it, what went wrong. */
  const notice = createElement('div')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  let loading: Promise<LauncherWidget> | null = null
  let again = ''

  const fetchWidget = async (): Promise<LauncherWidget> =>
    host.widget ??
    (loading ??= load(host, again).finally(() => {
      loading = null
      again += '?'
    }))
  const words = () => ({ ...ENGLISH, ...host.options.strings, ...host.words })

  host.launcher = launcher
  host.connected = () => {
    const { open = false, theme } = host.options
    let opens: unknown = `${open}` !== 'false'
    try {
      // This tab has had a panel of this assistant open: the widget knows whether it is this one, and still to be open.
      opens ||= sessionStorage[`loacl${host.options.assistant}`]
    } catch {
      // Storage is blocked.
    }
    root.append(launcher)
    launcher.setAttribute('aria-label', words().openChat)
    // The style would take `auto` for the name of a scheme, as any word.
    if (theme && theme !== 'auto') notice.style.colorScheme = theme
    if (opens) void host.run((widget) => widget.reopen(), true, true)
  }
  host.run = async (action, opens, unasked) => {
    if (opens) {
      notice.textContent = ''
      notice.hidden = false
      // A panel that comes at once, or whose file has come, is not to wait until the frame is drawn.
      setTimeout(() => host.loaded ?? root.append(notice), 99)
    }
    try {
      const widget = await fetchWidget()
      if (!opens || !notice.hidden) await action(widget)
      if (opens) notice.hidden = true
    } catch (error) {
      root.append(notice)
      notice.textContent = words().loadFailed
      // Taken out of the page meanwhile, it has failed nobody.
      notice.hidden = unasked || !host.isConnected
      if (!(error as Failure).code) {
        // A `LoaclError`, whose class would be most of this file. One that has a code comes from the panel, which told it.
        ;(error as Failure).name = 'LoaclError'
        ;(error as Failure).code = 'network'
        console.error(error)
      }
      host.dispatchEvent(new CustomEvent('loacl-error', { detail: { error }, bubbles: true, composed: true }))
    }
  }

  host.isOpening = () => !notice.hidden && !notice.textContent
  host.close = () => {
    notice.hidden = true
    host.widget?.close()
  }

  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]
  launcher.className = launcher.part = 'launcher'
  launcher.setAttribute('aria-expanded', 'false')
  notice.className = 'notice'
  notice.setAttribute('role', 'alert')
  notice.hidden = true

  // What fails while the visitor is only near is tried again, with words, on the press.
  launcher.onpointerenter = launcher.onfocus = () =>
    void fetchWidget().then(
      (widget) => widget.warm(),
      () => {},
    )
  launcher.onkeydown = ({ key }) => notice.hidden || key !== 'Escape' || host.close()
  launcher.onclick = () => {
    if (host.isOpening()) host.close()
    else void host.run((widget) => widget.press(), true)
  }
}

/** Puts the element where the page wants it: beside the body, if that is nowhere to be found. There it
 * outlives a body that is replaced, and takes neither its styles nor what it is moved by. */
export function placeElement(element: Element, target: MountOptions['target']): void {
  const page = documentMember('documentElement')
  let place: Element | null | undefined
  try {
    place = typeof target === 'string' ? page.querySelector(target) : target
  } catch (error) {
    console.error(error)
  }
  // A form's fields take the place of its members, as elements do on the document.
  Element.prototype.append.call(place ?? page, element)
}
