/** Contrasts by WCAG 2.2, of what is on the screen. Runs in a page with one chat, whose panel is open. */
export function measureContrasts() {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!
  /** Relative luminance of a colour, in whatever notation, over the colours beneath it. */
  const luminance = (...colors: string[]) => {
    for (const color of ['#fff', ...colors]) {
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
    }
    const [red, green, blue] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (byte) => {
      const share = byte / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const contrast = (one: string, other: string) => {
    const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
    return (high! + 0.05) / (low! + 0.05)
  }
  const root = document.querySelector('loacl-chat')!.shadowRoot!
  const style = (selector: string) => getComputedStyle(root.querySelector(selector)!)
  const [launcher, panel, field, send, question] = ['.launcher', '.panel', '.field', '.send', '.mine'].map(style)
  const edge = (inner: CSSStyleDeclaration, outer: string) =>
    Math.max(contrast(inner.backgroundColor, outer), contrast(inner.borderTopColor, outer))
  const around = getComputedStyle(document.body).backgroundColor
  return {
    launcherIcon: contrast(launcher!.color, launcher!.backgroundColor),
    launcherEdge: edge(launcher!, around),
    sendIcon: contrast(send!.color, send!.backgroundColor),
    sendEdge: edge(send!, field!.backgroundColor),
    focusedField: contrast(field!.borderTopColor, field!.backgroundColor),
    focusAround: contrast(field!.borderTopColor, panel!.backgroundColor),
    question: contrast(question!.color, question!.backgroundColor),
  }
}

/** Of texts 4.5, of all else 3. */
const LEAST: Partial<Record<string, number>> = { launcherIcon: 4.5, sendIcon: 4.5, question: 4.5 }

/** Those that are too low. */
export const tooLow = (contrasts: ReturnType<typeof measureContrasts>): [string, number][] =>
  Object.entries(contrasts).filter(([name, ratio]) => ratio < (LEAST[name] ?? 3))
