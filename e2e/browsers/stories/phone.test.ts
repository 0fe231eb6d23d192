import { expect, test } from '../support/fixtures.ts'

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
  expect(Object.keys(controls)).toEqual(expect.arrayContaining(['New chat', 'Conversations', 'Close chat', 'Message']))
  for (const name of ['Find', 'Open chat']) expect(controls).not.toHaveProperty(name)
  await chat.turnWheel(width / 2, height / 2, 300)
  await chat.sees({ scrolled: 50 })

  await chat.click('Close chat')
  await chat.sees({ panel: null })
  await chat.has('Open chat')
  await chat.turnWheel(width / 2, height / 2, 300)
  await expect.poll(async () => (await chat.look()).scrolled).toBeGreaterThan(50)
})
