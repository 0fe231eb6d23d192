import { type Device } from '../support/page.ts'
import { expect, test as base } from '../support/fixtures.ts'

const test = base.extend('device', { scope: 'file' }, (): Device => ({ textSize: 24 }))

test('the text follows the size that is set in the browser, and all of the panel stays in sight', async ({ visit }) => {
  const chat = await visit()
  await chat.page.evaluate(() => {
    document.documentElement.style.fontSize = '62.5%'
  })
  await chat.open()
  await chat.has('Do you rent bicycles?')
  const { controls, panel } = await chat.look()
  expect(Object.keys(controls)).toEqual(expect.arrayContaining(['New chat', 'Conversations', 'Close chat', 'Message']))
  expect(panel!.top).toBeGreaterThanOrEqual(0)
  const sizes = await chat.page.evaluate(() => {
    const root = document.querySelector('loacl-chat')!.shadowRoot!
    return ['.panel', 'textarea'].map((selector) => getComputedStyle(root.querySelector(selector)!).fontSize)
  })
  expect(sizes).toEqual(['22.5px', '22.5px'])
})
