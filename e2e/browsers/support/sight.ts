interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** What a visitor sees of a page with the widget on it. */
export interface Sight {
  /** Rectangle of the open panel. */
  panel: Box | null
  /** What can be pressed or written in, by its name: in sight, and with nothing in front of it. */
  controls: Record<string, Box>
  /** Name of what has the keyboard. */
  focus: string | null
  /** What stands in the composer. */
  draft: string
  /** The texts in the conversation, questions and answers, in order. */
  messages: string[]
  /** Follow-up questions. */
  followUps: string[]
  /** Words of the alert. */
  alert: string
  /** How far the page behind it is scrolled. */
  scrolled: number
}

/** Runs in the page. `widget`: a selector of whose it is, of several. */
export function look(widget: string): Sight {
  const host = document.querySelector(widget)
  const root = host?.shadowRoot
  const describe = (element: HTMLElement) => {
    const { left, top, right, bottom } = element.getBoundingClientRect()
    const [x, y] = [(left + right) / 2, (top + bottom) / 2]
    const inPage = document.elementFromPoint(x, y)
    const inFront = inPage === host ? root?.elementFromPoint(x, y) : inPage
    const text = element.innerText.trim()
    return {
      name: element.getAttribute('aria-label') ?? element.closest('label')?.innerText.trim() ?? text,
      text,
      box: { left, top, right, bottom },
      isShown: element.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
      isInSight: right > left && bottom > top && inFront != null && element.contains(inFront),
    }
  }
  const all = (selector: string) =>
    [document, ...(root ? [root] : [])]
      .flatMap((tree) => [...tree.querySelectorAll<HTMLElement>(selector)])
      .map(describe)
      .filter(({ isShown }) => isShown)
  const textsOf = (selector: string) => all(selector).map(({ text }) => text)

  const focused = document.activeElement === host ? root?.activeElement : document.activeElement
  const controls = all('button, a[href], input, textarea').filter(({ isInSight }) => isInSight)
  return {
    panel: all('dialog')[0]?.box ?? null,
    controls: Object.fromEntries(controls.map(({ name, box }) => [name, box])),
    focus: focused instanceof HTMLElement && focused !== document.body ? describe(focused).name : null,
    draft: root?.querySelector('textarea')?.value ?? '',
    messages: textsOf('article'),
    followUps: textsOf('[role=group][aria-label="Follow-up questions"] button'),
    alert: textsOf('[role=alert]').join(' '),
    scrolled: scrollY,
  }
}
