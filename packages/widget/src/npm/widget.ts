import { LoaclError } from '@loacl/core'
import { loadFeature } from '../features/index.ts'
import { LANGUAGES } from '../languages/index.ts'
import type { ChatElement } from '../launcher/chat_element.ts'
import { createView } from '../panel/view.tsx'
import type { CommonWidget, WidgetOptions } from '../types.ts'
import { assembleWidget, type Loaders } from '../widget.ts'

/** The documents of tests, such as jsdom and happy-dom, lack some of these. */
const NEEDED = ['matchMedia', 'visualViewport', 'ResizeObserver'] as const

const loaders: Loaders = {
  view() {
    const lack = NEEDED.find((name) => !globalThis[name])
    if (lack) throw new LoaclError('unsupported', `The panel needs ${lack}.`)
    return createView
  },
  feature: loadFeature,
  languages: Object.keys(LANGUAGES),
  language: (tag) => LANGUAGES[tag]!(),
}

/** What is fetched when a page or a visitor first asks for more than the launcher. */
export const createWidget = (element: ChatElement | null, options: WidgetOptions): CommonWidget =>
  assembleWidget(element, options, loaders)
