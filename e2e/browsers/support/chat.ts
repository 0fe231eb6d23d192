import { expect } from './expect.ts'
import { type Page } from './page.ts'
import { look, type Sight } from './sight.ts'

const KEYS = { Enter: '\uE007', Escape: '\uE00C', Shift: '\uE008', Tab: '\uE004' }
type Key = keyof typeof KEYS

/** The widget as its visitor uses it: by what is to be seen, with mouse and keyboard. */
export class Chat {
  readonly page: Page
  readonly #selector: string
  #wheels = 0

  /** `selector`: whose widget it is, of several. */
  constructor(page: Page, selector = 'loacl-chat') {
    this.page = page
    this.#selector = selector
  }

  look(): Promise<Sight> {
    return this.page.evaluate(look, this.#selector)
  }

  /** Waits until the visitor sees this. */
  async sees(sight: Partial<Sight>): Promise<void> {
    await expect.poll(() => this.look()).toMatchObject(sight)
  }

  /** Waits until the conversation is of these messages. */
  async reads(...messages: string[]): Promise<void> {
    await expect.poll(async () => (await this.look()).messages).toEqual(messages)
  }

  /** Waits until there is something of this name to be pressed. */
  async has(name: string): Promise<void> {
    await expect.poll(async () => Object.keys((await this.look()).controls)).toContain(name)
  }

  async click(name: string): Promise<void> {
    await this.has(name)
    const { left, top, right, bottom } = (await this.look()).controls[name]!
    const [x, y] = [Math.round((left + right) / 2), Math.round((top + bottom) / 2)]
    await this.page.perform([
      {
        type: 'pointer',
        id: 'mouse',
        actions: [
          { type: 'pointerMove', x, y },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ],
      },
    ])
  }

  /** Presses keys together, and lets go of them. */
  async press(...keys: Key[]): Promise<void> {
    const values = keys.map((key) => KEYS[key])
    await this.#strike([
      ...values.map((value) => ({ type: 'keyDown', value })),
      ...values.toReversed().map((value) => ({ type: 'keyUp', value })),
    ])
  }

  async type(text: string): Promise<void> {
    await this.#strike(
      [...text].flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]),
    )
  }

  /** Presses Tab, or the keys given, until something of this name has the keyboard. Returns what had it on the way. */
  async tabTo(name: string, ...keys: Key[]): Promise<(string | null)[]> {
    const way: (string | null)[] = []
    while (way.length < 20) {
      await this.press(...keys, 'Tab')
      const { focus } = await this.look()
      if (focus === name) return way
      way.push(focus)
    }
    throw new Error(`Tab never came to "${name}", but to ${way.join(', ')}.`)
  }

  /** Turns the wheel at this place until the page has heard of it, and gives the page the time to scroll. */
  async turnWheel(x: number, y: number, deltaY: number): Promise<void> {
    await this.page.evaluate(() => {
      const { dataset } = document.documentElement
      dataset.wheel = ''
      addEventListener('wheel', () => (dataset.wheel = 'turned'), { capture: true, passive: true, once: true })
    })
    await expect
      .poll(async () => {
        const actions = [{ type: 'scroll', x, y, deltaX: 0, deltaY }]
        // A wheel of its own each time: of the same one, WebKit takes the difference to where it was.
        await this.page.perform([{ type: 'wheel', id: `wheel ${++this.#wheels}`, actions }])
        return this.page.evaluate(() => document.documentElement.dataset.wheel)
      })
      .toBe('turned')
    await this.#passFrames()
  }

  /** Gives the widget these commands, all at once. */
  async command(...names: string[]): Promise<void> {
    await this.page.evaluate((commands) => {
      const { loacl } = window as unknown as { loacl(command: string): void }
      for (const command of commands) loacl(command)
    }, names)
  }

  /** Waits until the panel has been fetched and, were it to open, has opened. */
  async settled(): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => !!(window as unknown as { loacl: { get(): unknown } }).loacl.get()))
      .toBe(true)
    await this.#passFrames()
  }

  /** Opens the panel and waits until a message can be written. */
  async open(): Promise<void> {
    await this.click('Open chat')
    await this.has('Message')
    await this.sees({ focus: 'Message' })
  }

  /** Waits for the panel that was open on the page before, which takes no keyboard, and goes on writing. */
  async comesBack(): Promise<void> {
    await this.has('Message')
    await this.click('Message')
    await this.sees({ focus: 'Message' })
  }

  async ask(text: string): Promise<void> {
    await this.type(text)
    await this.press('Enter')
  }

  /** Waits until no answer is on its way. */
  async answered(): Promise<void> {
    await this.has('Send message')
  }

  async #passFrames(): Promise<void> {
    await this.page.evaluate(async () => {
      for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
    })
  }

  async #strike(actions: Record<string, string>[]): Promise<void> {
    await this.page.perform([{ type: 'key', id: 'keyboard', actions }])
  }
}
