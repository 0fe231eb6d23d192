import { test } from '../support/fixtures.ts'
test('shots', async ({ visit, page, model }) => {
  const chat = await visit()
  await page.screenshot({ path: '/tmp/s1.png' })
  await page.route('**/panel-*', async (r) => { await new Promise((f) => setTimeout(f, 1500)); await r.continue() })
  await chat.launcher.click()
  await page.waitForTimeout(300)
  await page.screenshot({ path: '/tmp/s2.png' })
  await chat.composer.waitFor()
  await page.waitForTimeout(500)
  await page.screenshot({ path: '/tmp/s3.png' })
  await chat.composer.fill('hello')
  await page.screenshot({ path: '/tmp/s4.png' })
})
