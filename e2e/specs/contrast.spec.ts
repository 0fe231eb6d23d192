import { measureContrasts, tooLow } from '../support/contrast.ts'
import { expect, test, unique } from '../support/fixtures.ts'

const ACCENTS = ['#ffffff', '#ffff00', '#000000', '#000080', '#767676', '#ff6600', '#0000ff', '#ff00ff', '#14665a']

for (const theme of ['light', 'dark'] as const)
  test(`with any accent all that matters can be seen, in ${theme}`, async ({ visit, page }) => {
    const chat = await visit({ data: { theme } })
    await page.addStyleTag({ content: `body { background: ${theme === 'dark' ? '#000' : '#fff'} }` })
    await chat.open()
    await chat.askAndWait(unique('Can you be seen?'))
    await chat.composer.fill('And I?')
    await expect(chat.composer).toBeFocused()
    await expect(chat.send).toBeEnabled()
    for (const accent of ACCENTS)
      for (const way of ['appearance', 'variable']) {
        await page.evaluate(
          ([color, how]) => {
            const { loacl } = window as unknown as { loacl: (...command: unknown[]) => void }
            document.documentElement.style.setProperty('--loacl-accent', how === 'variable' ? color! : '')
            loacl('update', { appearance: { accent: how === 'variable' ? '#123456' : color } })
          },
          [accent, way],
        )
        await expect
          .poll(() => chat.send.evaluate((button) => getComputedStyle(button).backgroundColor))
          .toBe(`rgb(${[1, 3, 5].map((at) => Number.parseInt(accent.slice(at, at + 2), 16)).join(', ')})`)
        await expect.poll(async () => tooLow(await page.evaluate(measureContrasts)), `${accent} by ${way}`).toEqual([])
      }
  })

/** By WCAG 2.2, 0 to 1. */
function luminanceOf(bytes: number[]): number {
  const [red, green, blue] = bytes.map((byte) => {
    const share = byte / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

test('the text on any accent is black or white, whichever can be read', async ({ visit, page }) => {
  await visit()
  const pairs = await page.evaluate(() => {
    const launcher = document.querySelector('loacl-chat')!.shadowRoot!.querySelector('.launcher')!
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!
    const steps = Array.from({ length: 11 }, (_, step) => Math.round(step * 25.5))
    const accents = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => [red, green, blue])))
    return accents.map((accent) => {
      document.documentElement.style.setProperty('--loacl-accent', `rgb(${accent})`)
      canvas.fillStyle = getComputedStyle(launcher).color
      canvas.fillRect(0, 0, 1, 1)
      return { accent, text: Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3) }
    })
  })
  expect(pairs).toHaveLength(1331)
  const wrong = pairs.filter(({ accent, text }) => {
    const [low, high] = [luminanceOf(text), luminanceOf(accent)].toSorted((a, b) => a - b)
    return !['0,0,0', '255,255,255'].includes(`${text}`) || (high! + 0.05) / (low! + 0.05) < 4.5
  })
  expect(wrong).toEqual([])
})
