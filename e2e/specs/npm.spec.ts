// The npm package in a page, without a bundler: what it is, is what `packages/widget/dist` has.
import { type Page } from '@playwright/test'
import { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

interface Host {
  widget: {
    status: string
    client: Promise<{ assistant: string }>
    send(text: string): Promise<{ done: Promise<{ status: string }> }>
  }
}

/** Names of the scripts that the page has fetched. */
const scriptsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.endsWith('.js')),
  )

test('until somebody asks for the chat, a page has no more of it than its launcher', async ({ visit, page }) => {
  const chat = await visit({ variant: 'npm' })
  await expect(chat.launcher).toBeVisible()
  expect(await scriptsOf(page)).toEqual(['/index.js'])
  await chat.launcher.hover()
  await expect.poll(() => scriptsOf(page)).toEqual(expect.arrayContaining(['/widget.js', '/core/index.js']))
  await chat.open()
  await chat.askAndWait(unique('What do you sell?'))
})

test('an element in the page’s HTML is a chat where it stands', async ({ visit, page }) => {
  const chat = await visit({ variant: 'element', data: { 'open-chat': 'Ask us' } })
  await expect(page.locator('aside > loacl-chat')).toHaveCount(1)
  await expect(chat.launcher).toHaveAccessibleName('Ask us')
  await chat.open()
  await chat.askAndWait(unique('Is this a chat?'))
  await page.reload()
  await expect(chat.composer).toBeVisible()
})

test(
  'its attributes are live: looks change the panel that is open, another assistant makes another chat',
  { tag: '@local' },
  async ({ visit, page, owner }) => {
    const name = unique('Workshop')
    const other = await owner.addAssistant({ name })
    const chat = await visit({ variant: 'element' })
    const element = page.locator('loacl-chat')
    await chat.open()
    const question = unique('Who am I talking to?')
    await chat.askAndWait(question)
    await element.evaluate(({ dataset }) => Object.assign(dataset, { theme: 'dark', locale: 'de' }))
    await expect(chat.panel).toHaveAttribute('data-theme', 'dark')
    await expect(chat.panel.getByRole('button', { name: 'Neuer Chat' })).toBeVisible()
    await element.evaluate(({ dataset }) => {
      delete dataset.theme
      delete dataset.locale
    })
    await expect(chat.panel).toHaveAttribute('data-theme', 'light')
    await expect(chat.message(question)).toBeVisible()

    await element.evaluate(({ dataset }, assistant) => Object.assign(dataset, { assistant, open: '' }), other)
    await expect(chat.panel).toHaveAccessibleName(name)
    await expect(chat.panel).toHaveCount(1)
    await expect(chat.log).not.toContainText(question)
    await element.evaluate((chatElement) => chatElement.removeAttribute('data-open'))
    await expect(chat.panel).toBeHidden()
  },
)

test('options that were set before the element was defined are its options', async ({ visit, page, target }) => {
  await visit({ variant: 'bare' })
  const { url, key, assistantId: assistant, assetsOrigin } = target
  await page.evaluate(
    async ([options, file, core]) => {
      const imports = Object.assign(document.createElement('script'), { type: 'importmap' })
      imports.textContent = JSON.stringify({ imports: { '@loacl/core': core } })
      const element = Object.assign(document.createElement('loacl-chat'), { options })
      document.body.append(imports, element)
      await import(file)
    },
    [{ url, key, assistant, open: true }, `${assetsOrigin}/index.js`, `${assetsOrigin}/core/index.js`] as const,
  )
  await expect(new Chat(page).composer).toBeVisible()
})

test('an element that is taken out of the page leaves nothing, and is a chat again when it is put back', async ({
  visit,
  page,
}) => {
  const chat = await visit({ variant: 'element' })
  await chat.open()
  const element = await page.locator('loacl-chat').elementHandle()
  await element!.evaluate((node) => (node as HTMLElement).remove())
  await expect.poll(() => element!.evaluate((node) => (node as unknown as Host).widget)).toBeNull()
  await element!.evaluate((node) => document.body.append(node))
  await expect(chat.composer).toBeVisible()
  await expect(chat.panel).toHaveCount(1)
})

test('a page can send before anybody has opened the chat', async ({ visit, page }) => {
  const chat = await visit({ variant: 'npm' })
  const question = unique('Do you repair bicycles?')
  const answered = await page.evaluate(async (text) => {
    const { widget } = window as unknown as Host
    const turn = await widget.send(text)
    const [{ status }, client] = [await turn.done, await widget.client]
    return [status, client.assistant, widget.status]
  }, question)
  expect(answered).toEqual(['completed', expect.any(String), 'launcher'])
  await chat.open()
  await expect(chat.message(question)).toBeVisible()
})
