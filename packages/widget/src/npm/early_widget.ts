import type { LoaclError } from '@loacl/core'
import { paintAccent } from '../accent.ts'
import type { ChatElement } from '../launcher/chat_element.ts'
import { OPEN_CHAT } from '../launcher/words.ts'
import { listen } from '../listen.ts'
import type { CommonWidget, LauncherCalls, LoaclChatElement, Look, Widget, WidgetOptions } from '../types.ts'
import { createError, isLoaclError } from './error.ts'

/** What a page has of a widget from the start. All the rest is fetched when somebody first asks for it. */
export interface EarlyWidget extends Widget, LauncherCalls {
  /** Takes the looks of these options for those that it was made with. What `update` has changed stays. */
  redraw(options: WidgetOptions): void
  /** As `dispose`, and leaves the element where it is. */
  end(): void
}

/** A call that waits until the widget is there. */
interface Waiting {
  run(widget: CommonWidget): unknown
  /** The widget was fetched for it, and did not come. */
  fail?(error: LoaclError): void
}

/** `element` is `null` on a server. */
export function createEarlyWidget(element: ChatElement | null, options: WidgetOptions): EarlyWidget {
  const target = element ?? new EventTarget()
  const own = 'client' in options && options.client ? options.client : null
  /** What `update` was given. */
  const changes: Partial<Look>[] = []
  let widget: CommonWidget | null = null
  let waiting: Waiting[] = []
  let loading = false
  /** What the page wants, until the widget is there. */
  let wanted = false
  let unavailable: LoaclError | null = null
  let disposed = false
  let becomeReady!: () => void
  const ready = new Promise<void>((resolve) => (becomeReady = resolve))
  // Whoever opens it, asks who the visitor is or forgets them does so by way of the widget as well.
  const unsubscribe = own?.subscribe(load)
  if (own && own.getSnapshot().status !== 'idle') load()

  async function load(): Promise<void> {
    if (widget || loading) return
    loading = true
    let failure: LoaclError
    try {
      const { createWidget } = await import('./widget.ts')
      if (disposed) throw createError('disposed', 'The widget is disposed of.')
      widget = createWidget(element, options)
    } catch (cause) {
      failure = isLoaclError(cause) ? cause : createError('network', 'The chat could not be fetched.', cause)
      // What core refuses, the widget's code has told.
      if (failure.code === 'network') console.error('loacl', failure.code, failure)
      if (!disposed) unavailable = failure
      wanted = false
      becomeReady()
    }
    loading = false
    const calls = waiting
    waiting = []
    if (widget) {
      unsubscribe?.()
      for (const change of changes) widget.update(change)
      void widget.ready.then(becomeReady)
    }
    for (const call of calls) {
      if (widget) call.run(widget)
      else if (call.fail) call.fail(failure!)
      else waiting.push(call)
    }
  }

  /** Runs at once where the widget is there, else in the order of the calls once something has it fetched. */
  function later(call: Waiting): void {
    if (widget) call.run(widget)
    else waiting.push(call)
  }

  /** Has the widget fetched for it. */
  const ask = <T>(action: (widget: CommonWidget) => T | Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      later({ run: (loaded) => resolve((async () => await action(loaded))()), fail: reject })
      load()
    })

  /** Opens unless it is called off until the widget is there. */
  const askToOpen = (action: (widget: CommonWidget) => Promise<void>): Promise<void> => {
    wanted = true
    if (!widget) unavailable = null
    return ask((loaded) => {
      const opening = action(loaded)
      if (!wanted) loaded.close()
      return opening
    })
  }

  /** For the launcher, which says what fails: not that nobody waits any longer. */
  const unlessDisposed = async (opening: Promise<unknown>): Promise<void> => {
    try {
      await opening
    } catch (error) {
      if (!disposed) throw error
    }
  }

  /** Looks and words that the launcher shows before the widget is there. */
  function draw(): void {
    if (!element || widget) return
    const { strings, appearance } = [options as Look, ...changes].reduce((before, change) => ({
      strings: { ...before.strings, ...change.strings },
      appearance: { ...before.appearance, ...change.appearance },
    }))
    element.words = strings ?? {}
    element.launcher.setAttribute('aria-label', strings?.openChat ?? OPEN_CHAT)
    paintAccent(element, appearance?.accent)
  }

  function end(): void {
    disposed = true
    unsubscribe?.()
    widget?.end()
    becomeReady()
    if (element) element.widget = null
  }

  draw()

  return {
    element: element as LoaclChatElement | null,
    ready,
    get client() {
      return own ? Promise.resolve(own) : ask((loaded) => loaded.client)
    },
    get status() {
      if (widget) return widget.status
      if (unavailable) return { unavailable }
      return wanted ? 'loading' : 'launcher'
    },
    async open(request) {
      if (element) await askToOpen((loaded) => loaded.open(request))
    },
    close() {
      wanted = false
      widget?.close()
    },
    toggle() {
      if ((widget ?? { wanted }).wanted) this.close()
      else void element?.run(() => this.open(), true)
    },
    send: (text) => ask((loaded) => loaded.send(text)),
    newThread: () => later({ run: (loaded) => loaded.newThread() }),
    identify: (credential, abortable) => ask((loaded) => loaded.identify(credential, abortable)),
    signOut: (abortable) => ask((loaded) => loaded.signOut(abortable)),
    registerTool(name, run) {
      let remove: (() => void) | undefined
      let tool: typeof run | null = run
      later({ run: (loaded) => tool && (remove = loaded.registerTool(name, tool)) })
      return () => {
        tool = null
        remove?.()
      }
    },
    update(change) {
      changes.push(change)
      widget?.update(change)
      draw()
    },
    redraw(next) {
      options = next
      element?.style.removeProperty('--_accent')
      widget?.update({}, next)
      for (const change of changes) widget?.update(change)
      draw()
    },
    on: (type, listener, listening) => listen(target, type, listener, listening),
    press: () => unlessDisposed(askToOpen((loaded) => loaded.press())),
    reopen: () => unlessDisposed(ask((loaded) => loaded.reopen())),
    async warm() {
      // What fails here is tried again on the press, and told then.
      await ask((loaded) => loaded.warm()).catch(() => {})
    },
    call: (...command) => ask((loaded) => loaded.call(...command)),
    leave() {
      // An element that is only moved is back by then.
      setTimeout(() => element?.isConnected || disposed || end())
    },
    end,
    dispose() {
      end()
      if (!element) return
      element.remove()
      // Without options, it is no chat.
      element.options = {}
    },
  }
}
