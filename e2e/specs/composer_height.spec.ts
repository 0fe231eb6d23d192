import { expect, test } from '../support/fixtures.ts'
import { withoutFieldSizing } from '../support/older_browser.ts'

const LINES = 'one\ntwo\nthree'
const LONG = 'line\n'.repeat(40)

for (const sizesFields of [true, false])
  test.describe(sizesFields ? 'a browser that sizes fields' : 'a browser that doesn’t size fields', () => {
    test.beforeEach(async ({ page }) => {
      if (!sizesFields) await withoutFieldSizing(page)
    })

    test('the composer is as high as its text, and no higher than there is room', async ({ visit, page }) => {
      const chat = await visit()
      await chat.open()
      const height = async () => Math.round((await chat.composer.boundingBox())!.height)
      const empty = await height()
      await chat.composer.fill(LINES)
      await expect.poll(height).toBeGreaterThan(empty + 30)
      const three = await height()
      expect(three).toBeLessThan(100)
      await chat.composer.fill(LONG)
      await expect.poll(height).toBe(150)
      // What was written before is there at its height when the panel opens on the next page.
      await page.reload()
      await chat.open()
      await expect(chat.composer).toHaveValue(LONG)
      await expect.poll(height).toBe(150)
      await chat.composer.fill(LINES)
      await expect.poll(height).toBe(three)
      await chat.composer.press('Enter')
      await expect.poll(height).toBe(empty)
      await chat.answered()
    })

    test('so is the field that edits a question', async ({ visit }) => {
      const chat = await visit()
      await chat.open()
      await chat.askAndWait('one')
      await chat.panel.getByRole('button', { name: 'Edit' }).click()
      const field = chat.panel.getByRole('textbox', { name: 'Edit your question' })
      const height = async () => Math.round((await field.boundingBox())!.height)
      const one = await height()
      await field.fill(LINES)
      await expect.poll(height).toBeGreaterThan(one + 30)
      await field.fill('one')
      await expect.poll(height).toBe(one)
    })
  })
