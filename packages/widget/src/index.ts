import type { ClientOptions } from '@loacl/core'
import { type ChatElement, placeElement } from './launcher/chat_element.ts'
import { createElement } from './launcher/page_document.ts'
import { createEarlyWidget } from './npm/early_widget.ts'
import { defineElement } from './npm/element.ts'
import { createError } from './npm/error.ts'
import type { Widget, WidgetOptions } from './types.ts'

/** By id. An element whose widget is disposed of has none. */
const mounted = new Map<string, WeakRef<ChatElement>>()

const isServer = typeof Document === 'undefined'

// `<loacl-chat>` in the page's HTML is a chat from here on.
if (!isServer) defineElement()

/**
 * Puts a chat on the page: a launcher at once, the panel when the visitor comes near it or it is told to open.
 * On a server it draws nothing and sends nothing. A second call with the `id` of a chat on the page gives that chat's widget.
 *
 * @throws LoaclError `options_invalid`, where an option is missing. One that is wrong in another way is refused when it is
 * first needed, by `open` and the event `error`.
 *
 * @example
 * const widget = mount({ url: 'https://abc.supabase.co', key: 'sb_publishable_…', assistant: '7f0c…' })
 * widget.on('answered', ({ status, ms }) => console.log(status, ms))
 * await widget.open()
 */
export function mount(options: WidgetOptions): Widget {
  const missing = 'client' in options ? null : missingOf(options)
  if (missing) throw createError('options_invalid', `Wrong "${missing}".`)
  if (isServer) return createEarlyWidget(null, options)
  const { id = '' } = options
  const { assistant } = 'client' in options ? options.client : options
  const known = mounted.get(id)?.deref()
  if (known?.widget) {
    if (known.options.assistant === assistant) return known.widget as Widget
    throw createError('options_invalid', `Wrong "id": "${id}" is a chat of another assistant.`)
  }
  const element = createElement('loacl-chat') as ChatElement
  if (id) {
    element.id = id
    mounted.set(id, new WeakRef(element))
  }
  element.options = { ...options, assistant }
  const widget = createEarlyWidget(element, options)
  element.widget = widget
  placeElement(element, options.target)
  return widget
}

function missingOf(options: ClientOptions): string | undefined {
  if (!options.assistant) return 'assistant'
  return 'supabase' in options ? undefined : (['url', 'key'] as const).find((name) => !options[name])
}

export type { Plural, SomeStrings, Strings, ToolStrings } from './strings.ts'
export type {
  Appearance,
  Command,
  ElementAttributes,
  ElementHandlers,
  ElementOptions,
  LoaclChatElement,
  LoaclGlobal,
  Look,
  MountOptions,
  OpenedBy,
  Placement,
  TagWidget,
  Widget,
  WidgetEvents,
  WidgetOptions,
  WidgetStatus,
} from './types.ts'
export type {
  Abortable,
  ClientOptions,
  Credential,
  ErrorCode,
  LoaclClient,
  LoaclError,
  ToolHandler,
  Turn,
  TurnResult,
} from '@loacl/core'
export type { MarkdownWords } from './markdown/words.ts'
