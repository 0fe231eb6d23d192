import { runtime } from 'virtual:runtime'
import type { ChatElement } from '../launcher/chat_element.ts'
import type { LoadFeature } from '../features/index.ts'
import { listen } from '../listen.ts'
import type { ChatWidget, LoaclChatElement, MountOptions } from '../types.ts'
import { assembleWidget } from '../widget.ts'
import { fetchFile } from './fetch_file.ts'
import { createView } from './view.tsx'
import { adoptGlobals, type PageGlobals } from './page_globals.ts'

const loadFeature: LoadFeature = async (name, attempt) => (await fetchFile(name, attempt)).default(runtime)

/** What the script tag's loader calls when this file has come. */
export function createWidget(element: ChatElement, globals: PageGlobals): ChatWidget {
  adoptGlobals(globals)
  const common = assembleWidget(
    element,
    { fetch: globals[0], ...(fromPage(element.options) as MountOptions) },
    {
      languages: LANGUAGES,
      view: () => createView,
      feature: loadFeature,
      language: fetchFile,
    },
  )
  const widget = Object.assign(common, {
    element: element as LoaclChatElement,
    toggle: () => (common.wanted ? common.close() : element.run(() => common.open(), true)),
    on: ((type, listener, listening) => listen(element, type, listener, listening)) satisfies ChatWidget['on'],
    leave() {
      // An element that is only moved is back by then.
      setTimeout(() => element.isConnected || common.end())
    },
    dispose() {
      common.end()
      // Without options, it is no chat.
      element.options = {}
      element.remove()
    },
  })
  // The page may have taken the element out meanwhile.
  widget.leave()
  return widget
}

/** Without what an attribute can't stand for, such as a client: text would be no more than a mistake. */
const fromPage = (options: object): object =>
  Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) => typeof value !== 'string' || /^(url|key|assistant|theme|locale|id|target|open)$/.test(name),
    ),
  )
