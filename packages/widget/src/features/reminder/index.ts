import type { Language } from '../runtime.ts'

const ENGLISH = 'Your conversation goes on here'
const GERMAN = 'Ihr Gespräch geht hier weiter'

/** A dot on the launcher, with words for those who don't see it, until its children are replaced. */
export function drawReminder(launcher: HTMLElement, { words, locale }: Language): void {
  const dot = launcher.ownerDocument.createElement('i')
  dot.id = 'loacl-reminder'
  dot.setAttribute('role', 'img')
  dot.setAttribute('aria-label', words.conversationGoesOn ?? (/^de\b/.test(locale) ? GERMAN : ENGLISH))
  dot.style.cssText =
    'position:absolute;inset:0 0 auto auto;padding:6px;border:2px solid #fff;border-radius:50%;background:#c22'
  launcher.setAttribute('aria-describedby', dot.id)
  launcher.replaceChildren(dot)
}
