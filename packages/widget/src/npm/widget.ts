import { LoaclError } from '@loacl/core'
import { loadFeature } from '../features/index.ts'
import { LANGUAGES } from '../languages/index.ts'
import type { ChatElement } from '../launcher/chat_element.ts'
import { createView } from '../panel/view.tsx'
import type { ChatWidget, WidgetOptions } from '../types.ts'
import { assembleWidget, type Loaders } from '../widget.ts'

/** What the panel needs that the documents of tests, such as jsdom and happy-dom, may lack. */
const NEEDED = ['matchMedia', 'visualViewport', 'ResizeObserver'] as const

const missing = () => NEEDED.find((name) => !(name in globalThis))

const loaders: Loaders = {
  async view() {
    const lack = missing()
    if (!lack) return createView
    const error = new LoaclError('unsupported', `The panel needs ${lack}, which is not here.`)
    const telling = loadFeature('diagnosis', 0).then(({ tellDeveloper }) => tellDeveloper(error))
    telling.catch(() => console.error('loacl', error.code, error))
    throw error
  },
  feature: loadFeature,
  languages: Object.keys(LANGUAGES),
  language: (tag) => LANGUAGES[tag]!(),
}

/** What is fetched when a page or a visitor first asks for more than the launcher. */
export function createWidget(element: ChatElement | null, options: WidgetOptions): ChatWidget {
  const widget = assembleWidget(element, options, loaders)
  const { reopen } = widget
  widget.reopen = async () => {
    // Fails, and says what is missing.
    if (missing()) await widget.warm()
    await reopen()
  }
  return widget
}
