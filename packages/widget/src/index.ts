import { LoaclError } from '@loacl/core'
import { loadFeature } from './features/index.ts'
import { LANGUAGES } from './languages/index.ts'
import { type ChatElement, defineChatElement, placeElement } from './launcher/chat_element.ts'
import { toFetchError } from './model_error.ts'
import { pageDocument } from './page_document.ts'
import type { MountOptions, Widget, WidgetOptions } from './types.ts'
import { assembleWidget, type Loaders } from './widget.ts'

/** What the panel needs that the documents of tests, such as jsdom and happy-dom, lack. */
const NEEDED = ['matchMedia', 'visualViewport', 'ResizeObserver'] as const

const loaders: Loaders = {
  async view() {
    try {
      const missing = NEEDED.find((name) => !(name in globalThis))
      if (missing) throw new LoaclError('unsupported', `The panel needs ${missing}, which is not here.`)
      return (await import('./panel/view.tsx')).createView
    } catch (cause) {
      const error = toFetchError(cause)
      const telling = loadFeature('diagnosis', 0).then(({ tellDeveloper }) => tellDeveloper(error))
      telling.catch(() => console.error('loacl', error.code, error))
      throw error
    }
  },
  feature: loadFeature,
  languages: Object.keys(LANGUAGES),
  language: (tag) => LANGUAGES[tag]!(),
}

/** By id. An element whose widget is disposed of has none. */
const mounted = new Map<string, WeakRef<ChatElement>>()

/**
 * Puts a chat on the page: a launcher at once, the panel when the visitor comes near it or it is told to open.
 * On a server it draws nothing and sends nothing. A second call with the `id` of a chat on the page gives that chat's widget.
 *
 * @throws LoaclError `options_invalid`
 *
 * @example
 * const widget = mount({ url: 'https://abc.supabase.co', key: 'sb_publishable_…', assistant: '7f0c…' })
 * widget.on('answered', ({ status, ms }) => console.log(status, ms))
 * await widget.open()
 */
export function mount(options: WidgetOptions): Widget {
  if (typeof Document === 'undefined') return assembleWidget(null, options, loaders)
  defineChatElement(
    async (element) => (element.widget ??= assembleWidget(element, element.options as MountOptions, loaders)),
  )
  const { id = '' } = options
  const known = mounted.get(id)?.deref()
  if (known?.widget) {
    const { assistant } = 'client' in options ? options.client : options
    if (known.widget.client.assistant === assistant) return known.widget
    throw new LoaclError('options_invalid', `Wrong "id": the page has a chat of another assistant named "${id}".`)
  }
  const element = pageDocument.createElement('loacl-chat') as ChatElement
  const widget = assembleWidget(element, options, loaders)
  if (id) {
    element.id = id
    mounted.set(id, new WeakRef(element))
  }
  element.widget = widget
  element.options = { ...options, assistant: widget.client.assistant }
  placeElement(element, options.target)
  return widget
}

export type { SomeStrings, Strings } from './strings.ts'
export type {
  Appearance,
  Command,
  LoaclChatElement,
  LoaclGlobal,
  Look,
  MountOptions,
  Placement,
  Widget,
  WidgetEvents,
  WidgetOptions,
  WidgetStatus,
} from './types.ts'
export type { Abortable, ClientOptions, Credential, ErrorCode, LoaclClient, Turn, TurnResult } from '@loacl/core'
export type { MarkdownWords } from './markdown/words.ts'
export { LoaclError } from '@loacl/core'
