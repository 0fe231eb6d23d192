import { measureContrasts, tooLow } from '../../support/contrast.ts'
import { expect, test, unique } from '../support/fixtures.ts'

const ACCENTS = ['#ffffff', '#ffff00', '#000000', '#767676', '#ff00ff']

test.for(['light', 'dark'] as const)(
  'with any accent all that matters can be seen, in %s',
  async (theme, { visit }) => {
    const chat = await visit({ data: { theme } })
    const question = unique('Can you be seen?')
    await chat.open()
    await chat.ask(question)
    await chat.answered()
    await chat.type('And I?')
    await chat.page.evaluate(
      (color) => {
        document.body.style.background = color
      },
      theme === 'dark' ? '#000' : '#fff',
    )
    for (const accent of ACCENTS) {
      await chat.page.evaluate((color) => {
        const { loacl } = window as unknown as { loacl: (...command: unknown[]) => void }
        loacl('update', { appearance: { accent: color } })
      }, accent)
      const painted = () =>
        chat.page.evaluate(() => {
          const send = document.querySelector('loacl-chat')!.shadowRoot!.querySelector('.send')!
          return getComputedStyle(send).backgroundColor
        })
      await expect
        .poll(painted)
        .toBe(`rgb(${[1, 3, 5].map((at) => Number.parseInt(accent.slice(at, at + 2), 16)).join(', ')})`)
      await expect.poll(async () => tooLow(await chat.page.evaluate(measureContrasts)), { message: accent }).toEqual([])
    }
  },
)
