import { type ChatElement, defineChatElement, placeElement } from './launcher/chat_element.ts'
import { pageDocument } from './page_document.ts'
import type { ViewOptions } from './panel/view.tsx'
import type { MountOptions, Widget, WidgetOptions } from './types.ts'
import { assembleWidget } from './widget.ts'

const fingerprint = async () => (await import('./fingerprint.ts')).fingerprint()
const fetchMore = () => import('./panel/more/index.ts')
const loadView = async () => {
  const { createView } = await import('./panel/view.tsx')
  return (options: ViewOptions) => createView(options, fetchMore)
}

/**
 * Puts a chat on the page: a launcher at once, the panel when the visitor comes near it or it is told to open.
 * On a server it draws nothing and sends nothing.
 *
 * @example
 * const widget = mount({ url: 'https://abc.supabase.co', key: 'sb_publishable_…', assistant: '7f0c…' })
 * widget.on('answered', ({ status, ms }) => console.log(status, ms))
 * await widget.open()
 */
export function mount(options: WidgetOptions): Widget {
  if (typeof Document === 'undefined') return assembleWidget(null, options, loadView)
  defineChatElement(async (element) =>
    assembleWidget(element, { fingerprint, ...(element.options as MountOptions) }, loadView),
  )
  const { id } = options
  const element = pageDocument.createElement('loacl-chat') as ChatElement
  if (id) element.id = id
  element.widget = assembleWidget(element, { fingerprint, ...options }, loadView)
  placeElement(element, options.target)
  return element.widget
}

export type { Strings } from './strings.ts'
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
export type { ClientOptions, LoaclClient, Turn, TurnResult } from '@loacl/core'
export { LoaclError } from '@loacl/core'
