import { expect, test, unique } from '../support/fixtures.ts'

// A violation fails these tests by itself: see `watch` in the fixtures.
for (const variant of ['csp', 'trusted-types']) {
  test(`works under a strict Content-Security-Policy (${variant})`, async ({ visit, page }) => {
    const chat = await visit({ variant })
    await chat.open()
    const question = unique('Does this policy let me through?')
    await chat.askAndWait(question)
    await expect(chat.alert).toBeHidden()
    // Styled as elsewhere: the panel is a box in the corner, not text in the flow of the page.
    const box = (await chat.panel.boundingBox())!
    expect(box.width).toBeLessThan(600)
    expect(box.x + box.width).toBeGreaterThan(page.viewportSize()!.width - 60)
    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toBeVisible()
  })
}
