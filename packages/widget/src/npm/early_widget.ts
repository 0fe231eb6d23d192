import type { LoaclClient, LoaclError } from '@loacl/core'
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

/** `element` is `null` on a server. */
export function createEarlyWidget(element: ChatElement | null, options: WidgetOptions): EarlyWidget {
  const target = element ?? new EventTarget()
  const { client: own } = options as { client?: LoaclClient }
  /** What `update` was given. */
  const changes: Partial<Look>[] = []
  let widget: CommonWidget | null = null
  /** Of the widget's code, unless it has failed. */
  let loading: Promise<CommonWidget> | null = null
  /** What the page wants and is no reason to fetch the widget: the last of each kind. */
  const waiting = new Map<string, Parameters<CommonWidget['call']>>()
  /** Tools of the page's that wait for the widget: what registers each. */
  const tools = new Set<() => void>()
  /** What the page wants, until the widget is there. */
  let wanted = false
  let unavailable: LoaclError | null = null
  let disposed = false
  let becomeReady!: () => void
  const ready = new Promise<void>((resolve) => (becomeReady = resolve))

  async function load(): Promise<CommonWidget> {
    try {
      const { createWidget } = await import('./widget.ts')
      if (disposed) throw createError('disposed', 'The chat is disposed of.')
      widget = createWidget(element, options)
    } catch (cause) {
      const failure = isLoaclError(cause) ? cause : createError('network', 'The chat did not load.', cause)
      // What core refuses, the widget's code has told.
      if (failure.code === 'network') console.error('loacl', failure.code, failure)
      if (!disposed) unavailable = failure
      wanted = false
      loading = null
      becomeReady()
      throw failure
    }
    unsubscribe?.()
    for (const change of changes) widget.update(change)
    for (const register of tools) register()
    for (const command of waiting.values()) void widget.call(...command)
    void widget.ready.then(becomeReady)
    return widget
  }

  /** Has the widget fetched for it. What is asked meanwhile follows in the same order. */
  const ask = async <T>(action: (widget: CommonWidget) => T | Promise<T>): Promise<T> =>
    await action(widget ?? (await (loading ??= load())))

  /** As `ask`. What fails here is tried again when somebody waits for it, and told then. */
  const tryTo = (action: (widget: CommonWidget) => unknown): Promise<unknown> => ask(action).catch(() => {})

  function fetchWidget(): void {
    void tryTo(() => {})
  }
  // Whoever opens it, asks who the visitor is or forgets them does so by way of the widget as well.
  const unsubscribe = own?.subscribe(fetchWidget)
  if (own && own.getSnapshot().status !== 'idle') fetchWidget()

  /** As `call`, once something else has the widget fetched. */
  function later(...command: Parameters<CommonWidget['call']>): void {
    const wait = () => waiting.set(command[0], command)
    if (loading) void ask((loaded) => loaded.call(...command)).catch(wait)
    else wait()
  }

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
    newThread: () => later('newThread'),
    identify: (credential, abortable) => ask((loaded) => loaded.identify(credential, abortable)),
    signOut: (abortable) => ask((loaded) => loaded.signOut(abortable)),
    registerTool(name, run) {
      let remove: () => void = () => tools.delete(register)
      const register = () => (remove = widget!.registerTool(name, run))
      if (widget) register()
      else tools.add(register)
      return () => remove()
    },
    setContext: (...given) => later('setContext', ...given),
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
    warm: () => tryTo((loaded) => loaded.warm()),
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
