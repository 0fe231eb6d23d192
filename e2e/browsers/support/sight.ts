export interface Box {
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

/** Runs in the page. */
export function look(): Sight {
  const host = document.querySelector('loacl-chat')
  const root = host?.shadowRoot
  const all = (selector: string): HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>(selector),
    ...(root?.querySelectorAll<HTMLElement>(selector) ?? []),
  ]
  const boxOf = (element: Element): Box => {
    const { left, top, right, bottom } = element.getBoundingClientRect()
    return { left, top, right, bottom }
  }
  const isInSight = (element: Element): boolean => {
    const { left, top, right, bottom } = boxOf(element)
    const [x, y] = [(left + right) / 2, (top + bottom) / 2]
    const outer = document.elementFromPoint(x, y)
    const hit = outer === host ? root?.elementFromPoint(x, y) : outer
    return right > left && bottom > top && !!hit && element.contains(hit)
  }
  const shown = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const nameOf = (element: HTMLElement): string => {
    const label = element.getAttribute('aria-label')
    const labels = element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement ? element.labels : null
    return (label ?? labels?.[0]?.textContent ?? element.innerText).trim()
  }
  const textsOf = (selector: string): string[] =>
    all(selector)
      .filter(shown)
      .map(({ innerText }) => innerText.trim())

  const panel = all('dialog').find(shown)
  const focused = document.activeElement === host ? root?.activeElement : document.activeElement
  const controls = all('button, a[href], input, textarea').filter(isInSight)
  return {
    panel: panel ? boxOf(panel) : null,
    controls: Object.fromEntries(controls.map((element) => [nameOf(element), boxOf(element)])),
    focus: focused instanceof HTMLElement && focused !== document.body ? nameOf(focused) : null,
    draft: all('textarea').find(shown) instanceof HTMLTextAreaElement ? root!.querySelector('textarea')!.value : '',
    messages: textsOf('article'),
    followUps: textsOf('[role=group][aria-label="Follow-up questions"] button'),
    alert: textsOf('[role=alert]').join(' '),
    scrolled: scrollY,
  }
}
