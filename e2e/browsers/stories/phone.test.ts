import { expect } from 'vitest'
import { type Chat } from '../support/chat.ts'
import { test } from '../support/fixtures.ts'

// Of the small ones: WebKit's test browser makes no window narrower than its toolbar.
const [width, height] = [460, 600] as const

test('on a small screen the chat covers the page, which stays where it is until the chat is closed', async ({
  visit,
}) => {
  const chat = await visit()
  await chat.page.resize(width, height)
  await chat.page.evaluate(() => scrollTo(0, 50))
  await chat.sees({ scrolled: 50 })
  await chat.has('Open chat')
  await chat.open()
  await chat.sees({ panel: { left: 0, top: 0, right: width, bottom: height } })
  const { controls } = await chat.look()
  expect(Object.keys(controls)).toEqual(
    expect.arrayContaining(['New chat', 'Conversations', 'Close chat', 'Message']),
  )
  for (const name of ['Find', 'Open chat']) expect(controls).not.toHaveProperty(name)
  await turnWheel(chat)
  await chat.sees({ scrolled: 50 })

  await chat.click('Close chat')
  await chat.sees({ panel: null })
  await chat.has('Open chat')
  await turnWheel(chat)
  await expect.poll(async () => (await chat.look()).scrolled).toBeGreaterThan(50)
})

/** Turns the wheel over the middle of the window, until the page has heard of it and had the time to scroll. */
async function turnWheel({ page }: Chat): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.dataset.turned = ''
    const heard = () => (document.documentElement.dataset.turned = 'yes')
    addEventListener('wheel', heard, { capture: true, passive: true, once: true })
  })
  await page.perform([
    { type: 'wheel', id: 'wheel', actions: [{ type: 'scroll', x: width / 2, y: height / 2, deltaX: 0, deltaY: 300 }] },
  ])
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.turned)).toBe('yes')
  await page.evaluate(async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
  })
}
