import { effect, type ReadonlySignal } from '@preact/signals-core'
import { h, render } from 'preact'
import { markdownStyles } from '../markdown/index.ts'
import type { LoadFeature } from '../features/index.ts'
import type { Language } from '../language.ts'
import type { Model } from '../model_types.ts'
import { pageDocument } from '../page_document.ts'
import { fill } from '../strings.ts'
import type { Look } from '../types.ts'
import { fitComposer } from './composer.tsx'
import { directionOf, directionOfLocale } from './direction.ts'
import { endingOf } from './ending.ts'
import css from './panel.css?inline'
import { Panel } from './panel.tsx'
import { createUi } from './ui.ts'

export interface ViewOptions {
  host: HTMLElement
  root: ShadowRoot
  model: Model
  look: ReadonlySignal<Look>
  language: Language
  loadFeature: LoadFeature
  /** Is told why a feature did not come. */
  report: (cause: unknown) => void
  close: () => void
}

export interface View {
  show(): void
  /** `focus`: who gets the keyboard, if the panel had it and nobody else is to have it back. */
  hide(focus: HTMLElement): void
  dispose(): void
}

/** Draws the panel into `root`: beside the launcher, or over the whole of a small screen. */
export function createView({ host, root, model, look, language, close, ...options }: ViewOptions): View {
  const dialog = pageDocument.createElement('dialog')
  const small = matchMedia('(max-width: 480px), (max-height: 480px)')
  const touch = matchMedia('(pointer: coarse)')
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const page = pageDocument.documentElement
  let pageOverflow: string | null = null

  const focusComposer = () => {
    // On a phone the keyboard would come up and hide what there is to read.
    const target = small.matches && touch.matches ? dialog : dialog.querySelector('textarea')
    ;(target ?? dialog).focus({ preventScroll: true })
  }
  const controller = new AbortController()
  const { signal } = controller
  const adopt = (styles: string) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
  }
  const ui = createUi(model, { look, ...language }, { ...options, close, focusComposer, adopt, signal })

  adopt(css + markdownStyles)
  dialog.className = 'panel'
  dialog.tabIndex = -1
  dialog.setAttribute('part', 'panel')
  root.append(dialog)
  render(<Panel ui={ui} />, dialog)

  const paint = () => {
    const { theme, locale } = look.peek()
    dialog.style.colorScheme = dialog.dataset.theme =
      theme === 'dark' || (theme !== 'light' && dark.matches) ? 'dark' : 'light'
    dialog.lang = ui.locale.peek()
    const words = ui.strings.peek()
    dialog.dir = locale ? directionOfLocale(locale) : directionOf(words.placeholder)
    // The launcher stands where the page's direction has it.
    dialog.classList.toggle('across', dialog.dir !== getComputedStyle(host).direction)
    dialog.setAttribute('aria-label', ui.name.peek() || words.chat)
  }
  // The keyboard of a phone covers the page without resizing it: only the visual viewport knows.
  const fit = () => {
    const { height, offsetTop, scale } = visualViewport!
    if (scale !== 1) return
    dialog.style.setProperty('--_height', `${height}px`)
    dialog.style.setProperty('--_top', `${offsetTop}px`)
  }
  const lock = (locked: boolean) => {
    if (locked && pageOverflow === null) {
      pageOverflow = page.style.overflow
      page.style.overflow = 'hidden'
    } else if (!locked && pageOverflow !== null) {
      page.style.overflow = pageOverflow
      if (!page.getAttribute('style')) page.removeAttribute('style')
      pageOverflow = null
    }
  }
  const place = () => {
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
  for (const type of ['keydown', 'keyup', 'keypress'] as const)
    dialog.addEventListener(type, (event) => {
      // To the page, keys pressed in here seem pressed on no field at all, and would set off its shortcuts.
      event.stopPropagation()
      if (type === 'keydown' && event.key === 'Escape' && !event.isComposing) close()
    })

  small.addEventListener('change', replace, { signal })
  dark.addEventListener('change', paint, { signal })
  visualViewport?.addEventListener('resize', fit, { signal })
  visualViewport?.addEventListener('scroll', fit, { signal })

  // A button that is gone once it was pressed would take the keyboard out of the panel with it.
  let focused: Node | null = null
  dialog.addEventListener('focusin', ({ target }) => (focused = target as Node))
  dialog.addEventListener('focusout', ({ target }) =>
    queueMicrotask(() => {
      if (focused === target && dialog.contains(focused)) focused = null
    }),
  )
  const keeper = new MutationObserver(() => {
    if (!focused || focused.isConnected) return
    focused = null
    if (dialog.open && pageDocument.activeElement === pageDocument.body) focusComposer()
  })
  keeper.observe(dialog, { childList: true, subtree: true })

  /** The texts of the newest answer as they are read out, block by block. Of a code block's bar, `code` is enough. */
  const spokenAnswer = (code: string): string => {
    const texts = [...dialog.querySelectorAll<HTMLElement>('.theirs:last-of-type > .md')]
    const bars = texts.flatMap((text) => [...text.querySelectorAll<HTMLElement>('.code-bar')])
    return bars.reduce(
      (words, bar) => words.replace(bar.innerText, () => code),
      texts.map(({ innerText }) => innerText).join('\n'),
    )
  }

  /** What came of a turn. What a visitor stopped, they don't want to hear. */
  const spokenEnd = (): string => {
    const words = ui.strings.peek()
    const last = model.talk.peek().messages.at(-1)
    if (last?.role !== 'assistant') return ''
    if (last.status === 'stopped') return endingOf(last, words)
    const lead = endingOf(last, words) || `${fill(words.answered, { name: ui.name.peek() })}:`
    return `${lead} ${spokenAnswer(words.markdown.code)}`
  }

  let wasBusy = false
  const stops = [
    effect(() => {
      void [look.value, ui.strings.value, ui.name.value]
      paint()
    }),
    effect(() => {
      const busy = model.busy.value
      const failed = model.failure.value
      if (busy === wasBusy) return
      wasBusy = busy
      // In place of what was said of the answer before.
      if (busy) ui.announce(fill(ui.strings.peek().thinking, { name: ui.name.peek() }))
      // An answer is read out once, when all of it is there; after the next frame it is.
      else if (failed || !dialog.open) ui.announce('')
      else requestAnimationFrame(() => ui.announce(spokenEnd()))
    }),
  ]

  return {
    show() {
      if (dialog.open) return
      fit()
      paint()
      place()
      fitComposer(dialog.querySelector('textarea'))
      focusComposer()
    },
    hide(focus) {
      const hasFocus = () => dialog.contains(root.activeElement)
      const had = hasFocus()
      dialog.close()
      lock(false)
      // The browser gives it back to what had it at the opening, where that is still there. Where it does not, what is
      // hidden keeps it until the next frame.
      if (had && (hasFocus() || pageDocument.activeElement === pageDocument.body)) focus.focus({ preventScroll: true })
    },
    dispose() {
      controller.abort()
      keeper.disconnect()
      stops.forEach((stop) => stop())
      lock(false)
      render(null, dialog)
      dialog.remove()
    },
  }
}
