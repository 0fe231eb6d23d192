import type { ChatWidget, Command, LoaclGlobal, MountOptions, TagWidget } from '../types.ts'
import { createElement, documentMember } from './page_document.ts'
import { type ChatElement, defineChatElement, placeElement } from './chat_element.ts'

// The file that a site owner pastes. It draws the launcher and keeps what is asked of the widget until the panel, which
// brings all the rest, has been fetched: when the visitor comes near, or when the page says so.

// There only while the script runs for the first time.
const script = documentMember('currentScript') as HTMLScriptElement
const { dataset } = script
// Where this file came from, as a stack names it: the browser would read `src` anew against the page's `<base>`, which may
// have come with a comment.
let address: string | URL
try {
  address = /\w+:\S+?(?=:\d+:\d)/.exec(`${new Error().stack}`)![0]
} catch {
  // A page whose stacks have no addresses, or that fails to lay them out in its own way.
  address = new URL(script.getAttribute('src')!, `${location}`)
}
// A page may patch these before the panel comes, and rarely for the better.
const globals = [fetch, JSON.parse, JSON.stringify] as const

// An element with that id or name is no property of the window's own.
const before = Object.hasOwn(window, 'loacl') ? window.loacl : undefined
// A client-side router may run the tag again: the widget that is there stays.
if (!before?.get) takeOver()
if (dataset.assistant) window.loacl!('mount', { ...dataset, strings: dataset } as unknown as MountOptions)
for (const command of before?.q ?? []) window.loacl!(...command)

function takeOver(): void {
  let queue: Command[] = []
  let elements: ChatElement[] = []
  const onPage = () => (elements = elements.filter((element) => element.isConnected))

  defineChatElement(async (element, again) => {
    const { createWidget } = await import(/* @vite-ignore */ new URL(PANEL_FILE + again, address).href)
    const widget: ChatWidget = (element.widget = createWidget(element, globals))
    runWaiting()
    return widget
  })

  /** Whether it has to wait for the page. */
  const mount = (options: MountOptions): unknown => {
    const { id = '', assistant, target } = options
    if (target && !documentMember('body')) return true
    if (onPage().some((other) => other.id === id && other.options.assistant === assistant)) return
    const element = createElement('loacl-chat') as ChatElement
    if (id) element.id = id
    element.options = options
    elements.push(element)
    placeElement(element, target)
  }

  /** Whether the command has to wait for a widget. */
  const run = ([name, argument, listener]: Command): unknown => {
    if (name === 'mount') return mount(argument)
    const [element] = onPage()
    if (!element) return true
    // What is on its way counts as open.
    const call = name !== 'toggle' ? name : element.isOpening() || element.widget?.wanted ? 'close' : 'open'
    // These fetch a widget to do it: a visitor must be forgotten, whether anybody opens the chat or not. Others have
    // nothing to do before there is a widget, and are no reason to fetch one.
    const fetches = /open|send|signOut/.test(call)
    if (call === 'close') element.close()
    else if (name === 'on')
      element.addEventListener(`loacl-${argument}`, (event) => listener((event as CustomEvent<never>).detail))
    else if (element.widget || fetches)
      void element.run((widget) => widget.call(call, argument, listener), call === 'open')
    else return true
  }
  const runWaiting = (): void => {
    // A command may give others.
    const waiting = queue
    queue = []
    queue.push(...waiting.filter(run))
  }

  const loacl: LoaclGlobal = (...command: Command) => {
    queue.push(command)
    runWaiting()
  }
  loacl.get = (id) => onPage().find((element) => !id || element.id === id)?.widget as TagWidget | null | undefined
  window.loacl = loacl
  addEventListener('DOMContentLoaded', runWaiting)
}
