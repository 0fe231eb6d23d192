import type { Page } from '@playwright/test'
import type { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'
import type { Owner } from '../support/owner.ts'

interface Fixtures {
  visit: () => Promise<Chat>
  owner: Owner
  page: Page
}

/** Opens a conversation on the page after the one on which it was begun, so many lines later. */
async function comeBack({ visit, owner, page }: Fixtures, question: string, lines: number): Promise<Chat> {
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  await owner.addLines(question, lines)
  await page.reload()
  await chat.open()
  return chat
}

test(
  'a long conversation opens at its end, and its beginning comes on request',
  { tag: '@local' },
  async ({ visit, owner, page }) => {
    const question = unique('How does it all begin?')
    const chat = await comeBack({ visit, owner, page }, question, 120)
    await expect(chat.message('line 120')).toBeInViewport()
    await expect(chat.message('line 1')).toBeHidden()
    const earlier = chat.panel.getByRole('button', { name: 'Show earlier messages' })
    const lines = chat.log.getByText(/^line \d+$/)
    for (const [shown, more] of [
      [50, 100],
      [100, 120],
    ] as const) {
      await expect(lines).toHaveCount(shown)
      const first = chat.message(await lines.first().innerText())
      await earlier.scrollIntoViewIfNeeded()
      const before = await first.boundingBox()
      await earlier.click()
      await expect(lines).toHaveCount(more)
      expect(Math.abs((await first.boundingBox())!.y - before!.y)).toBeLessThan(1)
    }
    await expect(earlier).toBeHidden()
    await expect(lines).toHaveText(Array.from({ length: 120 }, (_, index) => `line ${index + 1}`))
    await expect(chat.message(question)).toHaveCount(1)
  },
)

test(
  'once the visitor goes on, the newest hundred messages are drawn, and the others again when they are looked for',
  { tag: '@local' },
  async ({ visit, owner, page }) => {
    const question = unique('How long has it been?')
    const chat = await comeBack({ visit, owner, page }, question, 250)
    const lines = chat.log.getByText(/^line \d+$/)
    const earlier = chat.panel.getByRole('button', { name: 'Show earlier messages' })
    for (const shown of [50, 100, 150, 200]) {
      await expect(lines).toHaveCount(shown)
      await earlier.click()
    }
    const everyLine = Array.from({ length: 250 }, (_, index) => `line ${index + 1}`)
    await expect(lines).toHaveText(everyLine)

    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    await chat.askAndWait(unique('And how long will it go on?'))
    expect(await lines.count()).toBeLessThanOrEqual(100)
    await expect(chat.message('line 250')).toBeAttached()

    await chat.log.hover()
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, -10_000)
        return chat.message('line 1').isVisible()
      })
      .toBe(true)
    await expect(lines).toHaveText(everyLine)

    await chat.askAndWait(unique('Where was that?'))
    expect(await lines.count()).toBeLessThanOrEqual(100)
    await page.keyboard.press('Control+f')
    await expect(lines).toHaveText(everyLine)
    expect(requests.filter((url) => url.includes('list_messages'))).toEqual([])
  },
)

test(
  'who scrolls while earlier messages are drawn in front goes as far as they scroll',
  { tag: '@local' },
  async ({ visit, owner, page }) => {
    const question = unique('Who scrolls that fast?')
    const chat = await comeBack({ visit, owner, page }, question, 250)
    const lines = chat.log.getByText(/^line \d+$/)
    const earlier = chat.panel.getByRole('button', { name: 'Show earlier messages' })
    for (const shown of [50, 100]) {
      await expect(lines).toHaveCount(shown)
      await earlier.click()
    }
    await expect(lines).toHaveCount(150)
    // Drawn for this question are a hundred: the others are there, and come without a request.
    await chat.askAndWait(unique('And who goes back?'))
    await chat.log.hover()
    await page.mouse.wheel(0, -3_000)
    await expect(chat.panel.getByRole('button', { name: 'Jump to latest' })).toBeVisible()
    const count = await lines.count()
    const read = chat.message('line 225')
    const top = async () => (await read.boundingBox())!.y
    let before = NaN
    await expect.poll(async () => before === (before = await top())).toBe(true)
    await earlier.evaluate((button: HTMLElement) => button.click())
    for (let wheel = 0; wheel < 10; wheel++) await page.mouse.wheel(0, -30)
    await expect(lines).toHaveCount(count + 50)
    await expect.poll(async () => (await top()) - before).toBeCloseTo(300, -1)
  },
)

test(
  'who reads earlier messages is not moved by an answer that comes',
  { tag: '@local' },
  async ({ visit, model, owner, page }) => {
    const [first, second] = [unique('What is below?'), unique('What comes next?')]
    const text = 'And so it goes on. '.repeat(80).trim()
    await model.says(second, { text, holdAfter: 400 })
    const chat = await comeBack({ visit, owner, page }, first, 30)
    await expect(chat.message('line 30')).toBeAttached()
    await chat.ask(second)
    await expect(chat.log).toContainText('And so it goes on.')

    await chat.log.hover()
    await page.mouse.wheel(0, -4_000)
    await expect(chat.message(first)).toBeInViewport()
    const before = await chat.message(first).boundingBox()
    await model.says(second, text)
    await chat.answered()
    expect(await chat.message(first).boundingBox()).toEqual(before)

    await chat.panel.getByRole('button', { name: 'Jump to latest' }).click()
    await expect(chat.followUps).toBeInViewport()
  },
)

test(
  'who is at the end of an answer stays there when it grows in leaps',
  { tag: '@local' },
  async ({ visit, model }) => {
    const question = unique('Show me all of it.')
    const text = 'And so it goes on. '.repeat(80).trim()
    await model.says(question, { text, holdAfter: 1_000, followUps: ['And then?'] })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await chat.panel.getByRole('button', { name: 'Jump to latest' }).click()
    // What a table or a block of code does on a busy page: it grows between a scroll and the event that tells of it.
    await chat.log.evaluate((log) => {
      const block = document.createElement('div')
      block.style.cssText = 'block-size: 500px'
      log.querySelector('[part=answer]')!.append(block)
      let box: HTMLElement = log as HTMLElement
      while (box.scrollHeight === box.clientHeight || getComputedStyle(box).overflowY === 'visible')
        box = box.parentElement!
      box.dispatchEvent(new Event('scroll'))
    })
    await model.says(question, { text, followUps: ['And then?'] })
    await chat.answered()
    await expect(chat.followUps.getByRole('button')).toBeInViewport({ ratio: 1 })
  },
)
