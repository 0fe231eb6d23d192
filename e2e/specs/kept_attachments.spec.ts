import { expect, goTo, test, unique, watchSent } from '../support/attaching.ts'
import { pictureFile, textFile } from '../support/files.ts'

// What becomes of files that were attached and not sent.

test(
  'after a reload what was uploaded is attached still, and goes with the message',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const question = unique('Is it kept?')
    const it = await attaching()
    const sent = watchSent(page)
    await it.chat.composer.fill(question)
    await it.attach(pictureFile(), textFile())
    await page.reload()
    await it.chat.open()
    await it.uploaded(2)
    await expect(it.chat.composer).toHaveValue(question)
    await it.chat.composer.press('Enter')
    await expect(it.sent).toContainText(['logo.png', 'notes.txt'])
    expect(sent[0]!.files).toHaveLength(2)
    await it.chat.answered()
    await page.reload()
    await it.chat.open()
    await expect(it.sent).toHaveCount(2)
    await expect(it.rows).toHaveCount(0)
  },
)

test(
  'a message whose way was cut by a reload comes back with its files, and is sent once',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const question = unique('Did it get there?')
    const it = await attaching()
    await it.attach(textFile())
    await page.route('**/loacl-chat/turns', () => {})
    await it.chat.composer.fill(question)
    await it.chat.composer.press('Enter')
    await expect(it.sent).toHaveCount(1)
    await page.reload()
    await page.unroute('**/loacl-chat/turns')
    const sent = watchSent(page)
    await it.chat.open()
    await expect(it.chat.composer).toHaveValue(question)
    await it.uploaded(1)
    await it.chat.composer.press('Enter')
    await expect(it.sent).toHaveCount(1)
    await it.chat.answered()
    expect(sent[0]!.files).toHaveLength(1)
  },
)

test(
  'what is attached to a message that came back is another file beside its own',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    await it.attach(textFile('first.txt', 'First.'))
    await page.route('**/loacl-chat/turns', () => {})
    await it.chat.composer.fill(unique('Did it get there?'))
    await it.chat.composer.press('Enter')
    await expect(it.sent).toHaveCount(1)
    await page.reload()
    await page.unroute('**/loacl-chat/turns')
    await it.chat.open()
    await it.uploaded(1)
    await it.choose(textFile('second.txt', 'Second.'))
    await it.uploaded(2)
    await expect(it.rows).toContainText(['first.txt', 'second.txt'])
    const sent = watchSent(page)
    await it.chat.composer.press('Enter')
    await expect(it.sent).toContainText(['first.txt', 'second.txt'])
    await expect.poll(() => new Set(sent[0]?.files).size).toBe(2)
  },
)

test(
  'files that an assistant takes no longer can be seen and removed, and the text is sent without them',
  { tag: '@local' },
  async ({ attaching, owner, page }) => {
    const question = unique('Do you take this?')
    const it = await attaching()
    await it.attach(textFile())
    await owner.change(it.assistant, { fileTypes: [] })
    await it.chat.composer.fill(question)
    await it.chat.composer.press('Enter')
    await expect(it.chat.alert).toContainText(['Files can’t be attached here.'])
    await page.reload()
    await it.chat.open()
    await expect(it.chat.composer).toHaveValue(question)
    await it.press('Remove', 'notes.txt').click()
    await expect(it.rows).toHaveCount(0)
    await it.chat.composer.press('Enter')
    await it.chat.answered()
    await expect(it.chat.message(question)).toBeVisible()
    await expect(it.chat.retry).toBeHidden()
  },
)

test(
  'a message whose file is gone, or whose conversation was deleted, goes to the next one with what is left of it',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    for (const code of ['file_not_found', 'thread_not_found']) {
      const question = unique('What does it say?')
      await it.attach(textFile())
      const error = { code, message: code, requestId: 'r' }
      await page.route('**/loacl-chat/turns', (route) => route.fulfill({ status: 404, json: { error } }))
      await it.chat.composer.fill(question)
      await it.chat.composer.press('Enter')
      await expect(it.chat.alert).not.toBeEmpty()
      await page.unroute('**/loacl-chat/turns')
      await it.chat.newChat.click()
      await expect(it.chat.composer).toHaveValue(question)
      await it.uploaded(1)
      await it.chat.composer.press('Enter')
      await it.chat.answered()
      await expect(it.sent).toContainText(['notes.txt'])
    }
  },
)

test(
  'more files than go with a message, of several that were put back, are told and kept',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching({ maxFilesPerMessage: 1 })
    const error = { code: 'database_unavailable', message: 'Away.', requestId: 'r' }
    await page.route('**/loacl-chat/turns', (route) => route.fulfill({ status: 503, json: { error } }))
    for (const name of ['one.txt', 'two.txt']) {
      await it.attach(textFile(name, name))
      await it.chat.composer.press('Enter')
      await expect(it.chat.retry).toBeVisible()
    }
    await page.unroute('**/loacl-chat/turns')
    await page.reload()
    await it.chat.open()
    await it.uploaded(2)
    await it.chat.composer.fill(unique('Which one?'))
    await it.chat.composer.press('Enter')
    await expect(it.place).toContainText('Only 1 file can go with a message.')
    await expect(it.rows).toHaveCount(2)
    await it.press('Remove', 'one.txt').click()
    await it.chat.composer.press('Enter')
    await it.chat.answered()
    await expect(it.sent).toContainText(['two.txt'])
  },
)

test(
  'removing one deletes it, and the keyboard goes to the next, or to the button',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    await it.attach(textFile('one.txt'), textFile('two.txt', 'Two.'))
    const deleted = page.waitForResponse((response) => response.request().method() === 'DELETE')
    await it.press('Remove', 'one.txt').focus()
    await page.keyboard.press('Enter')
    expect((await deleted).status()).toBe(204)
    await expect(it.press('Remove', 'two.txt')).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(it.button).toBeFocused()
    await page.reload()
    await it.chat.open()
    await expect(it.button).toBeVisible()
    await expect(it.rows).toHaveCount(0)
  },
)

test(
  'who signs out leaves nothing, whether the panel is open or not',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const signOut = () =>
      page.evaluate(() =>
        (window as unknown as { loacl: { get(): { client: { signOut(): Promise<void> } } } }).loacl
          .get()
          .client.signOut(),
      )
    const it = await attaching()
    await it.attach(textFile())
    await signOut()
    await expect(it.rows).toHaveCount(0)
    await it.attach(textFile('of_the_next.txt'))
    await it.chat.close.click()
    await signOut()
    await page.reload()
    await it.chat.launcher.click()
    await expect(it.button).toBeVisible()
    await expect(it.rows).toHaveCount(0)
    expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('of_the_next')
  },
)

test(
  'another visitor of this browser’s site sees none of it, and can’t send it',
  { tag: '@local' },
  async ({ attaching, newVisitor, page }) => {
    const it = await attaching()
    await it.attach(textFile())
    const readKept = () =>
      page.evaluate(() => Object.entries(sessionStorage).find(([name]) => name.endsWith(':attached')))
    // It is written a moment later.
    await expect.poll(readKept).toBeDefined()
    const kept = await readKept()
    const other = await (await newVisitor()).newPage()
    await goTo(other, page.url())
    // As one who has got hold of what was kept.
    await other.evaluate(([name, value]) => sessionStorage.setItem(name, value), kept!)
    const chat = await goTo(other, page.url())
    await chat.open()
    await expect(chat.panel.locator('.attachments').getByRole('listitem')).toHaveCount(1)
    await chat.composer.fill(unique('What does it say?'))
    await chat.composer.press('Enter')
    await expect(chat.alert).toContainText('A file is no longer there. Attach it again.')
  },
)
