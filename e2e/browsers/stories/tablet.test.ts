import { inject } from 'vitest'
import { type Device } from '../support/page.ts'
import { expect, test as base } from '../support/fixtures.ts'

const test = base.extend('device', { scope: 'file' }, (): Device => ({ touch: true }))

test.runIf(inject('browser') !== 'webkit')(
  'on a tablet nothing takes the keyboard by itself, and all is large enough for a finger',
  async ({ visit }) => {
    const chat = await visit()
    await chat.page.resize(820, 1180)
    await chat.click('Open chat')
    await chat.has('Do you rent bicycles?')
    await chat.has('Message')
    const { focus, controls, panel } = await chat.look()
    expect(focus).not.toBe('Message')
    expect(panel!.right - panel!.left).toBeLessThan(820)
    const size = await chat.page.evaluate(() => {
      const field = document.querySelector('loacl-chat')!.shadowRoot!.querySelector('textarea')!
      return Number.parseFloat(getComputedStyle(field).fontSize)
    })
    // Below 16 pixels iOS zooms in on focus.
    expect(size).toBeGreaterThanOrEqual(16)
    for (const name of ['New chat', 'Conversations', 'Close chat', 'Send message', 'Do you rent bicycles?']) {
      const { left, right, top, bottom } = controls[name]!
      expect(Math.min(right - left, bottom - top), name).toBeGreaterThanOrEqual(44)
    }
  },
)
