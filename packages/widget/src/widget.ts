import { createClient, type LoaclClient, LoaclError, type WaitingCall } from '@loacl/core'
import { paintAccent } from './accent.ts'
import type { LoadFeature } from './features/index.ts'
import { createLanguageLoader, type LanguageFiles } from './language.ts'
import type { ChatElement } from './launcher/chat_element.ts'
import { mergeLook } from './look.ts'
import { createModel } from './model.ts'
import { toFetchError, toLoaclError } from './model_error.ts'
import { assistantOf, failureOf } from './model_state.ts'
import type { View, ViewOptions } from './panel/view.tsx'
import { SMALL } from './page_state.ts'
import { createTabMemory } from './tab_memory.ts'
import type { CommonWidget, OpenedBy, WidgetEvents, WidgetOptions } from './types.ts'

type CreateView = (options: ViewOptions) => View

/** How what is needed later is fetched. */
export interface Loaders extends LanguageFiles {
  /** @throws LoaclError `unsupported`, where there can be no panel */
  view(): CreateView
  feature: LoadFeature
}

/** Puts a client, a model and, once asked to open, a view behind a launcher. `element` is `null` on a server. */
export function assembleWidget(element: ChatElement | null, options: WidgetOptions, loaders: Loaders): CommonWidget {
  const target = element ?? new EventTarget()
  if (element) element.loaded = true
  const loadFingerprint = async () => (await loaders.feature('fingerprint', 0)).fingerprint()
  /** Tells the page's developer: the visitor is told by the panel. */
  const tell = (failure: LoaclError) =>
    void loaders.feature('diagnosis', 0).then(
      ({ tellDeveloper }) => tellDeveloper(failure),
      () => console.error('loacl', failure.code, failure),
    )
  let own: LoaclClient | null = null
  try {
    if (!('client' in options)) own = createClient({ ...options, fingerprint: options.fingerprint ?? loadFingerprint })
  } catch (error) {
    tell(error as LoaclError)
    throw error
  }
  const client = own ?? (options as { client: LoaclClient }).client
  let becomeReady!: () => void
  const ready = new Promise<void>((resolve) => (becomeReady = resolve))
  const emit = <K extends keyof WidgetEvents>(type: K, detail: WidgetEvents[K]) => {
    if ('error' in detail) {
      tell(detail.error)
      becomeReady()
    }
    target.dispatchEvent(new CustomEvent(`loacl-${type}`, { detail, bubbles: true, composed: true }))
  }
  const prefix = `loacl:${client.project}:${client.assistant}:${options.id ?? ''}:`
  const storage = element && (() => sessionStorage)
  const memory = createTabMemory(prefix, storage)
  /** Tells the launcher of the tab's next page that a panel is open. */
  const flag = createTabMemory('loacl', storage)
  const flagName = `${element?.options.assistant}`
  const model = createModel({
    client,
    memory,
    emit,
    ...(element && { frame: (run: () => void) => void requestAnimationFrame(run) }),
  })
  const report = (cause: unknown) => emit('error', { error: toFetchError(cause) })
  const languages = createLanguageLoader(loaders, report, redraw)
  /** What the page wants; the panel follows once it is there. */
  let wanted = false
  let shown = false
  let everShown = false
  /** The page knows that it is shown. */
  let told = false
  let unavailable: LoaclError | null = null
  let disposed = false
  let warm = false
  let view: View | null = null

  let isReady = false
  let accent: unknown
  /** Whether an answer waits until the visitor has decided something. */
  let asks: boolean | undefined
  function onModelChange(): void {
    const state = model.getSnapshot()
    const asked = asks
    const { calls } = state.thread.turn as { calls?: readonly WaitingCall[] }
    asks = calls?.some(({ status }) => status === 'pending')
    if (asks !== asked) remind()
    // Whoever was here is forgotten: a panel in sight goes on with the next one.
    if (shown && state.session.status === 'idle') void model.start()
    const assistant = assistantOf(state)
    if (!assistant) return
    if (accent !== assistant.appearance.accent) redraw()
    if (isReady) return
    isReady = true
    becomeReady()
    queueMicrotask(() => emit('ready', {}))
  }
  const unsubscribe = model.subscribe(onModelChange)

  /** Shows on the launcher of a closed panel that something waits there for the visitor, or that nothing does. */
  function remind(waits: () => unknown = () => asks): void {
    element?.launcher.replaceChildren()
    const isDue = () => element && waits() && !shown
    if (isDue())
      void loaders
        .feature('reminder', 0)
        .then(({ drawReminder }) => isDue() && drawReminder(element!.launcher, languages.read(options)))
        .catch(report)
  }

  const nameLauncher = () =>
    element?.launcher.setAttribute('aria-label', languages.read(options).words[shown ? 'closeChat' : 'openChat'])

  /** Looks and words as they are now, on the launcher and in the panel. */
  function redraw(): void {
    if (!element) return
    const language = languages.read(options)
    accent = assistantOf(model.getSnapshot())?.appearance.accent
    element.words = language.words
    nameLauncher()
    view?.update(options, language)
    paintAccent(element, options.appearance?.accent ?? accent)
  }

  /** What it takes to open stands in tasks of their own: a slow device draws, and hears its visitor, between them. */
  async function nextTask(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve))
    if (disposed) throw new LoaclError('disposed')
  }

  /** Fetches what is still missing, and makes the panel, which is drawn then but not shown. */
  async function prepare(): Promise<void> {
    warm = true
    await languages.load(options)
    await nextTask()
    let createView: CreateView
    try {
      createView = loaders.view()
    } catch (error) {
      wanted = false
      unavailable = error as LoaclError
      tell(unavailable)
      throw error
    }
    view ??= createView({
      host: element!,
      root: element!.shadowRoot!,
      model,
      look: options,
      language: languages.read(options),
      loadFeature: loaders.feature,
      report,
      close,
    })
    await nextTask()
  }

  async function open(
    request: { threadId?: string | undefined; draft?: string | undefined } = {},
    by: OpenedBy = 'api',
  ): Promise<void> {
    if (!element) return
    wanted = !disposed
    unavailable = null
    if (request.draft !== undefined) model.type(request.draft)
    await prepare()
    if (wanted && !shown) {
      everShown = shown = true
      view!.show(by)
      await nextTask()
      // The page or the visitor may have closed it.
      if (shown && !told) {
        told = true
        setShown(true)
        flag.set(flagName, prefix)
        memory.set('open', 'true')
        emit('opened', { by })
      }
    }
    void model.start()
    if (request.threadId) void model.select(request.threadId)
  }

  function setShown(next: boolean): void {
    shown = next
    element?.launcher.setAttribute('aria-expanded', `${next}`)
    nameLauncher()
    remind()
  }

  /** Opens again what was open on the page before; where nothing was, what the owner wants open. */
  async function reopen(): Promise<void> {
    const { open: wish = false } = options
    const before = memory.get('open')
    if ((before ?? `${wish}`) === 'false') return
    // Where there can be no panel, opening says so.
    if (!globalThis.matchMedia?.(SMALL).matches || wish === 'always') await open({}, 'itself')
    else remind(() => before)
  }

  function close(): void {
    wanted = false
    if (!shown) return
    memory.set('open', 'false')
    if (flag.get(flagName) === prefix) flag.set(flagName, null)
    hide()
  }

  function hide(): void {
    if (!shown || !element) return
    setShown(false)
    view?.hide(element.launcher)
    if (told) emit('closed', {})
    told = false
  }

  function end(): void {
    disposed = true
    becomeReady()
    hide()
    unsubscribe()
    view?.dispose()
    model.dispose()
    own?.dispose()
    memory.write()
    flag.write()
    if (element) element.widget = null
  }

  onModelChange()
  redraw()

  return {
    client,
    ready,
    get status() {
      const { session } = model.getSnapshot()
      const error = unavailable ?? (session.status === 'failed' ? session.error : null)
      if (error) return { unavailable: error }
      if (shown) return 'open'
      return wanted ? 'loading' : everShown ? 'closed' : 'launcher'
    },
    get wanted() {
      return wanted
    },
    open,
    close,
    press: async () => (shown ? close() : open({}, 'visitor')),
    // What can't be is told already.
    warm: () => prepare().catch(() => {}),
    send: (text) => model.send(text),
    newThread: model.newThread,
    identify: client.identify,
    signOut: client.signOut,
    registerTool: client.registerTool,
    async setContext(...given) {
      await (await loaders.feature('context', 0)).setContext(model, ...given)
      redraw()
    },
    async call(name, ...given) {
      if (!(name in this)) return console.error('loacl', name)
      try {
        await (this as unknown as Record<string, (...given: unknown[]) => unknown>)[name]!(...given)
      } catch (error) {
        // The chat's own failures are told already.
        if (error !== failureOf(model.getSnapshot())) emit('error', { error: toLoaclError(error) })
      }
    },
    update(change, anew) {
      options = anew ?? mergeLook(options, change)
      redraw()
      if (warm) void languages.load(options)
    },
    reopen,
    end,
  }
}
