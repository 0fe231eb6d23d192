import type { ChatWidget, Command, LoaclGlobal, MountOptions } from '../types.ts'
import { pageDocument } from '../page_document.ts'
import { type ChatElement, defineChatElement, placeElement } from './chat_element.ts'

// The file that a site owner pastes. It draws the launcher and keeps what is asked of the widget until the panel, which
// brings all the rest, has been fetched: when the visitor comes near, or when the page says so.

// There only while the script runs for the first time.
const script = pageDocument.currentScript as HTMLScriptElement
const { dataset } = script
// Where this file came from, as a stack names it: the browser would read `src` anew against the page's `<base>`, which may
// have come with a comment.
let address: string | URL
try {
  address = /\w+:\/\/\S+?(?=:\d+:\d+(?:[\s),]|$))/.exec(`${new Error().stack}`)![0]
} catch {
  // A page whose stacks have no addresses, or that fails to lay them out in its own way.
  address = new URL(script.getAttribute('src')!, location.href)
}
// A page may patch these before the panel comes, and rarely for the better.
const globals = { fetch, parse: JSON.parse, stringify: JSON.stringify }

const fromTag: Command[] = dataset.assistant
  ? [['mount', { ...dataset, strings: dataset } as unknown as MountOptions]]
  : []
// An element with that id or name is no property of the window's own.
const before = Object.hasOwn(window, 'loacl') ? window.loacl : undefined

// A client-side router may run the tag again: the widget that is there stays.
if (before?.get) fromTag.forEach((command) => before(...command))
else takeOver([...fromTag, ...(before?.q ?? [])])

function takeOver(queue: Command[]): void {
  const elements: ChatElement[] = []
  const alive = () => elements.filter((element) => element.options.assistant)

  defineChatElement(async (element, attempt) => {
    // A browser may remember a failed import, so each attempt has an address of its own.
    const file = PANEL_FILE + (attempt ? `?${attempt}` : '')
    const { createWidget } = await import(/* @vite-ignore */ new URL(file, address).href)
    const widget: ChatWidget = (element.widget = createWidget(element, globals))
    runWaiting()
    return widget
  })

  const mount = (options: MountOptions) => {
    const id = options.id ?? ''
    let element = alive().find((other) => other.id === id && other.options.assistant === options.assistant)
    if (!element) {
      element = pageDocument.createElement('loacl-chat') as ChatElement
      if (id) element.id = id
      element.options = options
      elements.push(element)
      if (`${options.open ?? false}` !== 'false') void element.run((widget) => widget.open())
    }
    const place = () => element.isConnected || placeElement(element, options.target)
    if (pageDocument.body) place()
    else addEventListener('DOMContentLoaded', place)
  }

  /** False where there is no widget yet to do it: the command waits. */
  const run = ([name, argument, listener]: Command): boolean => {
    // The first ones fetch a widget to do it: a visitor must be forgotten, whether anybody opens the chat or not. Others
    // have nothing to do before there is a widget, and are no reason to fetch one.
    const known = /^(?:(open|toggle|send|signOut)|close|identify|newThread|on|update)$/.exec(name)
    const [element] = alive()
    const act = (widget: ChatWidget) => widget.call(name, argument)
    if (name === 'mount') mount(argument)
    else if (!known) console.error('loacl', name)
    else if (!element) return false
    else if (name === 'on')
      element.addEventListener(`loacl-${argument}`, (event) => listener((event as CustomEvent<never>).detail))
    else if (known[1]) void element.run(act)
    else if (element.widget) void act(element.widget)
    else return false
    return true
  }
  const runWaiting = (): void => {
    // A command may give others.
    for (const command of queue.splice(0)) if (!run(command)) queue.push(command)
  }

  const loacl: LoaclGlobal = (...command: Command) => {
    queue.push(command)
    runWaiting()
  }
  loacl.get = (id) => alive().find((element) => !id || element.id === id)?.widget ?? undefined
  window.loacl = loacl
  runWaiting()
}
