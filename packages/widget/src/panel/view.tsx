import type { Message } from '@loacl/core'
import { h, render } from 'preact'
import type { LoadFeature } from '../features/index.ts'
import type { Language } from '../language.ts'
import { createMarkdown } from '../markdown/index.ts'
import { assistantOf, failureOf, isRunning } from '../model_state.ts'
import type { Model } from '../model_types.ts'
import { pageDocument } from '../page_document.ts'
import { fill } from '../strings.ts'
import type { Look, OpenedBy } from '../types.ts'
import { createDrawing } from './drawing.ts'
import { directionOf, directionOfLocale } from '../direction.ts'
import contentStyles from './content.css?inline'
import panelStyles from './panel.css?inline'
import { Panel } from './panel.tsx'
import { isLazy } from './parts/part_view.tsx'
import { isWriting, SMALL } from '../page_state.ts'
import { noteTranslations } from './translations.ts'
import { type Actions, type Adopted, createFeatures, type Ui } from './ui.ts'

export interface ViewOptions {
  host: HTMLElement
  root: ShadowRoot
  model: Model
  look: Look
  language: Language
  loadFeature: LoadFeature
  /** Is told why a feature did not come. */
  report: (cause: unknown) => void
  close: () => void
}

export interface View {
  /** Takes the keyboard, unless it opens by itself or a field of the page has it: the panel may come long after the press. */
  show(by: OpenedBy): void
  /** `focus`: who gets the keyboard, if the panel had it and nobody else is to have it back. */
  hide(focus: HTMLElement): void
  update(look: Look, language: Language): void
  dispose(): void
}

/** How long assistive technology has to take up what it is to say, in milliseconds. */
const SAID_MS = 3_000

/** Draws the panel into `root`: beside the launcher, or over the whole of a small screen. */
export function createView({ host, root, model, look, language, loadFeature, report, close }: ViewOptions): View {
  const dialog = pageDocument.createElement('dialog')
  const small = matchMedia(SMALL)
  const touch = matchMedia('(pointer: coarse)')
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const still = new CSSStyleSheet()
  still.replaceSync('html{overflow:hidden!important}')

  /** What has the keyboard first. A touch screen's would cover what there is to read. */
  const focusTarget = () => (touch.matches ? null : dialog.querySelector('textarea')) ?? dialog
  const focusComposer = () => focusTarget().focus({ preventScroll: true })
  const controller = new AbortController()
  const { signal } = controller
  const styleSheets = [...root.adoptedStyleSheets]
  const adopt = ({ styles = '', begin }: Adopted) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    styleSheets.push(sheet)
    // Before there is a panel, they would have the launcher styled anew.
    if (dialog.isConnected) root.adoptedStyleSheets = styleSheets
    begin?.(dialog, signal, extend)
  }

  let announcement = ''
  let silence: ReturnType<typeof setTimeout> | undefined
  const thenWrite =
    <Args extends unknown[]>(act: (...args: Args) => unknown) =>
    (...args: Args): void => {
      void act(...args)
      focusComposer()
    }
  const actions: Actions = {
    // Once said, it is nothing to read: the answer would be there twice.
    announce(words) {
      announcement = words
      redraw()
      clearTimeout(silence)
      if (words) silence = setTimeout(actions.announce, SAID_MS, '')
    },
    close,
    ask(text, suggestionId) {
      if (isRunning(model.getSnapshot().thread)) return
      model.send(text, suggestionId)
      focusComposer()
    },
    stop: thenWrite(model.stop),
    newThread: thenWrite(model.newThread),
    select: thenWrite(model.select),
    async showEarlier() {
      if (!drawing.hasMore()) await model.loadOlder()
      extend()
    },
    showConversations() {
      void features.conversations.load()
      model.showConversations()
    },
  }
  const features = createFeatures(loadFeature, adopt, report, () => refresh())
  function createUi(): Ui {
    const state = model.getSnapshot()
    if (model.context) void features.context.load()
    return {
      ...actions,
      ...language,
      ...features.attachments.loaded?.addWords(language, features),
      model,
      features,
      markdown: {
        words: language.words.markdown,
        CodeBar: features.blocks.loaded?.CodeBar,
        onWide: features.blocks.load,
        onLack: (names) => names.forEach((name) => features[name].load()),
        insert: features.pictures.loaded?.insertPictures(state),
      },
      name: assistantOf(state)?.name ?? '',
    }
  }
  let ui = createUi()

  /** A drawing comes at the end of this task. */
  let pending = false
  /** Of one that comes in a task of its own. */
  let timer: ReturnType<typeof setTimeout> | undefined
  const drawing = createDrawing()
  function extend(by?: number): void {
    drawing.extend(messagesOf(), by)
    redraw()
  }
  const messagesOf = () => model.getSnapshot().thread.messages
  function draw(): void {
    pending = false
    clearTimeout(timer)
    timer = undefined
    if (signal.aborted) return
    const state = model.getSnapshot()
    const drawn = drawing.next(state.thread.messages)
    const props = { ui, state, online: navigator.onLine, announcement, drawn }
    render(<Panel {...props} />, dialog)
    if (drawn.count > -2 && !drawn.done) redraw(true)
  }
  /**
   * Draws what has changed, once for all that changes at a time. `later`: in a task of its own, so that a slow device hears
   * its visitor between that and what has brought so much to draw.
   */
  function redraw(later?: unknown): void {
    if (later) timer ??= setTimeout(draw)
    else if (!pending) queueMicrotask(draw)
    pending ||= !later
  }
  /** Draws everything anew. */
  function refresh(): void {
    ui = createUi()
    redraw(true)
  }

  adopt({ styles: panelStyles })
  adopt({ styles: contentStyles })
  dialog.className = 'panel'
  dialog.tabIndex = -1
  dialog.setAttribute('part', 'panel')

  function paint(): void {
    const { theme, locale } = look
    dialog.style.colorScheme = dialog.dataset.theme =
      theme === 'dark' || (theme !== 'light' && dark.matches) ? 'dark' : 'light'
    dialog.lang = ui.locale
    dialog.dir = locale ? directionOfLocale(locale) : directionOf(ui.words.placeholder)
    // The launcher stands where the page's direction has it.
    dialog.classList.toggle('across', dialog.dir !== getComputedStyle(host).direction)
    dialog.setAttribute('aria-label', ui.name || ui.words.chat)
  }
  // The keyboard of a touch screen covers the page without resizing it: only the visual viewport knows.
  const fit = () => {
    const { height, offsetTop, scale } = visualViewport!
    if (scale !== 1) return
    const below = pageDocument.documentElement.clientHeight - offsetTop - height
    for (const [name, length] of Object.entries({ height, top: offsetTop, below }))
      dialog.style.setProperty(`--_${name}`, `${length}px`)
  }
  /** By a style sheet of our own: the page may lock and unlock itself meanwhile. */
  const lock = (locked: boolean) => {
    const sheets = pageDocument.adoptedStyleSheets
    const at = sheets.indexOf(still)
    if (at >= 0) sheets.splice(at, 1)
    if (locked) sheets.push(still)
  }
  const place = () => {
    // Opening gives the keyboard to something. Another element would cost a second layout.
    dialog.querySelector('[autofocus]')?.removeAttribute('autofocus')
    focusTarget().autofocus = true
    if (small.matches) dialog.showModal()
    else dialog.show()
    lock(small.matches)
  }
  const replace = () => {
    if (!dialog.open) return
    const focused = root.activeElement
    dialog.close()
    place()
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  }

  dialog.addEventListener('cancel', (event) => {
    event.preventDefault()
    close()
  })
  // On the launcher, too, where it is open.
  for (const type of ['keydown', 'keyup', 'keypress', 'focusin'] as const)
    host.shadowRoot!.addEventListener(
      type,
      (event) => {
        if (!dialog.open) return
        // To the page, keys pressed in here seem pressed on no field at all, and would set off its shortcuts. A dialog of
        // the page that keeps the keyboard would take it back.
        event.stopPropagation()
        const { key, isComposing } = event as KeyboardEvent
        if (type === 'keydown' && key === 'Escape' && !isComposing) close()
      },
      { signal },
    )
  // Another chat's panel may stand in the same place.
  addEventListener(
    'loacl-opened',
    ({ target, detail }) => {
      if (target === host) return
      loadFeature('neighbours', 0).then(({ makeRoom }) => makeRoom(dialog, target, detail.by, close), report)
    },
    { signal },
  )

  small.addEventListener('change', replace, { signal })
  dark.addEventListener('change', paint, { signal })
  addEventListener('online', redraw, { signal })
  addEventListener('offline', redraw, { signal })
  visualViewport?.addEventListener('resize', fit, { signal })
  visualViewport?.addEventListener('scroll', fit, { signal })

  // A button that is gone once it was pressed would take the keyboard out of the panel with it.
  let focused: Node | null = null
  dialog.addEventListener('focusin', ({ target }) => {
    focused = target as Node
    // It was opened without the keyboard.
    if (small.matches && !dialog.matches(':modal')) replace()
  })
  dialog.addEventListener('focusout', ({ target }) =>
    queueMicrotask(() => {
      if (focused === target && dialog.contains(focused)) focused = null
    }),
  )
  const keeper = new MutationObserver((records) => {
    noteTranslations(records)
    if (!focused || focused.isConnected) return
    focused = null
    if (dialog.open && pageDocument.activeElement === pageDocument.body) focusComposer()
  })

  let wasRunning = false
  let { draft } = model.getSnapshot()
  let wanted: { readonly [N in keyof Ui['features']]?: unknown } = {}
  const onChange = () => {
    const state = model.getSnapshot()
    const messages = state.view === 'chat' ? state.thread.messages : []
    const failure = failureOf(state)
    const running = isRunning(state.thread)
    const count = (is: (message: Message) => boolean) => messages.filter(is).length
    const answers = count(({ role, status }) => role === 'assistant' && status !== 'streaming')
    // Another value for each failure, and for each message that comes into sight and needs it: a fetch that failed is
    // tried once more then, and not at every word of an answer.
    const next: typeof wanted = {
      parts: count(({ parts }) => parts.some(isLazy)),
      pictures: count(({ content }) => content.includes('![')),
      attachments: assistantOf(state)?.files ?? state.attached[0] ?? count(({ parts }) => parts[0]?.type === 'file'),
      errors: failure ?? count(({ status }) => status === 'failed'),
      answers,
      siblings: answers,
      jump: answers,
      // Newer browsers make fields as high as their text by themselves.
      fields: 'fieldSizing' in dialog.style ? 0 : state.draft || answers,
    }
    if (ui.name !== (assistantOf(state)?.name ?? '')) {
      refresh()
      paint()
    }
    for (const [name, value] of Object.entries(next))
      if (value && value !== wanted[name as 'answers']) void features[name as 'answers'].load()
    wanted = next
    // At once where the composer's text is another, to which the next key is added, and while an answer comes.
    redraw(!running && !wasRunning && state.draft === draft)
    draft = state.draft
    if (running === wasRunning) return
    wasRunning = running
    // The view goes to what the visitor asks.
    if (state.thread.turn.status === 'sending') drawing.shorten()
    // In place of what was said of the answer before.
    if (running) ui.announce(ui.name ? fill(ui.words.thinking, { name: ui.name }) : ui.words.loading)
    // An answer is read out once, when all of it is there; after the next frame it is.
    // What waits is told where it stands.
    else if (failure || state.thread.turn.status === 'waiting' || !dialog.open) ui.announce('')
    else void announceEnd()
  }
  async function announceEnd(): Promise<void> {
    await features.answers.load()
    await new Promise(requestAnimationFrame)
    if (wasRunning) return
    const { loaded } = features.answers
    ui.announce(
      loaded
        ? loaded.spokenEnd(dialog, ui, model.getSnapshot())
        : (dialog.querySelector<HTMLElement>('.theirs:last-of-type')?.innerText ?? ''),
    )
  }
  const unsubscribe = model.subscribe(onChange)
  onChange()

  return {
    show(by) {
      if (dialog.open) return
      const takesKeyboard = by !== 'itself' && !isWriting()
      fit()
      paint()
      // Only now: what is read of the page before would have it laid out with the panel in it.
      if (!dialog.isConnected) {
        root.append(dialog)
        // The launcher's and the composer's: the others when the visitor can write.
        root.adoptedStyleSheets = styleSheets.slice(0, 2)
      }
      keeper.observe(dialog, { childList: true, subtree: true })
      if (takesKeyboard) place()
      else {
        dialog.open = true
        lock(small.matches)
      }
      if (takesKeyboard) focusComposer()
      root.adoptedStyleSheets = styleSheets
      // In a task of its own, when the visitor can write already. What waits for a time tells it anew.
      redraw(true)
      // Code is slow when it first runs. What reads texts does so in a task of its own, while the project answers.
      setTimeout(() => {
        const text = createMarkdown()
        text.append('1. **a** `b` [c](/d)\n|')
        text.end()
      })
      drawing.begin()
    },
    hide(focus) {
      const hasFocus = () => dialog.matches(':focus-within')
      const had = hasFocus()
      // Closing gives the keyboard back to what had it at the opening. Some browsers do so where a field of the page has it.
      dialog.open = had || small.matches
      dialog.close()
      lock(false)
      // The browser gives it back to what had it at the opening, where that is still there. Where it does not, what is
      // hidden keeps it until the next frame.
      if (had && (hasFocus() || pageDocument.activeElement === pageDocument.body)) focus.focus({ preventScroll: true })
    },
    update(nextLook, nextLanguage) {
      look = nextLook
      language = nextLanguage
      refresh()
      paint()
    },
    dispose() {
      controller.abort()
      keeper.disconnect()
      unsubscribe()
      lock(false)
      render(null, dialog)
      dialog.remove()
    },
  }
}
