import { expect, holdUploads, test, unique, watchSent } from '../support/attaching.ts'
import { textFile } from '../support/files.ts'

// What waits to be sent for its uploads is sent as it was at the press, where it was pressed, or not at all. What is said of uploads.

test(
  'what is changed, or taken to another conversation, while it waits for an upload is not sent by itself',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    await it.chat.askAndWait(unique('What is there to see?'))
    const sent = watchSent(page)
    const waits = it.place.getByText('Sends when the upload is done.')
    let letGo = await holdUploads(page)
    await it.choose(textFile())
    await it.chat.composer.fill('Look at this')
    await it.chat.composer.press('Enter')
    await expect(waits).toBeVisible()
    await it.chat.composer.pressSequentially(' and')
    await expect(waits).toBeHidden()
    await it.chat.composer.press('Enter')
    await expect(waits).toBeVisible()
    await it.chat.newChat.click()
    await expect(waits).toBeHidden()
    letGo()
    await it.uploaded(1)
    await page.unrouteAll()

    letGo = await holdUploads(page)
    await it.choose(textFile('other.txt', 'Another.'))
    await it.chat.composer.press('Enter')
    await expect(waits).toBeVisible()
    letGo()
    await expect(it.sent).toHaveCount(2)
    await expect.poll(() => sent.map(({ text }) => text)).toEqual(['Look at this and'])
  },
)

test(
  'while an answer comes, Enter sends nothing and promises nothing',
  { tag: '@local' },
  async ({ attaching, model, page }) => {
    const question = unique('How long is it?')
    const reply = { text: 'Long enough to wait for.' }
    await model.says(question, { ...reply, holdAfter: 4 })
    const it = await attaching()
    await it.chat.ask(question)
    await expect(it.chat.stop).toBeVisible()
    const letGo = await holdUploads(page)
    await it.choose(textFile())
    await it.chat.composer.fill('And this?')
    await it.chat.composer.press('Enter')
    await expect(it.row('notes.txt')).toContainText('Uploading…')
    await expect(it.place).not.toContainText('Sends when')
    letGo()
    await it.uploaded(1)
    await model.says(question, reply)
    await it.chat.answered()
    await expect(it.chat.composer).toHaveValue('And this?')
    await it.chat.composer.press('Enter')
    await expect(it.sent).toHaveCount(1)
  },
)

test('a first failure is said in the words that are shown', { tag: '@local' }, async ({ attaching }) => {
  const it = await attaching({ filesPerHour: 1 })
  await it.attach(textFile())
  await it.choose(textFile('late.txt', 'Late.'))
  await expect(it.status).toContainText('\u2068late.txt\u2069: That was a lot at once.')
  await expect(it.row('late.txt')).toContainText('That was a lot at once.')
})
