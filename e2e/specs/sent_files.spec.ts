import type { Page, Request } from '@playwright/test'
import { Attaching, expect, goTo, isDrawn, test, unique } from '../support/attaching.ts'
import { pdfFile, pictureFile, textFile, type TestFile } from '../support/files.ts'

// Files of messages, in the conversation.

const LINKS = '**/files/*/link'

async function send(it: Attaching, ...files: TestFile[]): Promise<void> {
  await it.attach(...files)
  await it.chat.composer.fill(unique('Look.'))
  await it.chat.composer.press('Enter')
  await expect(it.sent).toHaveCount(files.length)
  await it.chat.answered()
}

/** Opens the conversation anew: nothing of it is of this page. */
async function comeBack({ chat, page, sent }: Attaching, count: number): Promise<void> {
  await page.reload()
  await chat.open()
  await expect(sent).toHaveCount(count)
}

function watchLinks(page: Page): Request[] {
  const links: Request[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/link') && request.method() === 'POST') links.push(request)
  })
  return links
}

test(
  'a picture is fetched when it comes into sight, once, and opens in a tab by a link of its own',
  { tag: '@local' },
  async ({ attaching, page, context }) => {
    const it = await attaching()
    const links = watchLinks(page)
    await send(it, pictureFile())
    // It is of this page: nothing has to be fetched.
    await expect.poll(() => isDrawn(it.sent)).toBe(true)
    expect(links).toHaveLength(0)
    await comeBack(it, 1)
    await expect.poll(() => isDrawn(it.sent)).toBe(true)
    expect(links).toHaveLength(1)
    await expect(it.file('logo.png')).toHaveAccessibleName('Open \u2068logo.png\u2069, PNG')
    await it.file('logo.png').focus()
    const opened = context.waitForEvent('page')
    await page.keyboard.press('Enter')
    const tab = await opened
    await tab.waitForURL(/\/storage\/v1\/object\/sign\//)
    expect(await tab.evaluate(() => [window.opener, document.images.length])).toEqual([null, 1])
    expect(links).toHaveLength(2)
    await expect(it.file('logo.png')).toBeFocused()
  },
)

test('what was never scrolled to is not fetched', { tag: '@local' }, async ({ attaching, page, context, owner }) => {
  const it = await attaching()
  await it.attach(pictureFile())
  const question = unique('Look, and then a lot.')
  await it.chat.composer.fill(question)
  await it.chat.composer.press('Enter')
  await expect(it.sent).toHaveCount(1)
  await it.chat.answered()
  await owner.addLines(question, 30)
  const tab = await context.newPage()
  const links = watchLinks(tab)
  const there = new Attaching(await goTo(tab, page.url()), it.assistant)
  await there.chat.open()
  await expect(there.chat.message('line 30')).toBeInViewport()
  await expect(there.sent).toHaveCount(1)
  await there.chat.askAndWait(unique('Anything else?'))
  expect(links).toHaveLength(0)
  await there.sent.scrollIntoViewIfNeeded()
  await expect.poll(() => isDrawn(there.sent)).toBe(true)
  expect(links).toHaveLength(1)
})

test(
  'a PDF opens in a tab, and what a browser would not show is saved under its name',
  { tag: '@local' },
  async ({ attaching, page, context }) => {
    const it = await attaching()
    await send(it, pdfFile(), textFile('prices.csv', 'lamp,10'))
    await comeBack(it, 2)
    await expect(it.file('invoice.pdf')).toHaveAccessibleName('Open \u2068invoice.pdf\u2069, PDF')
    const opened = context.waitForEvent('page')
    await it.file('invoice.pdf').click()
    await opened
    const saved = page.waitForEvent('download')
    await it.file('prices.csv').click()
    expect((await saved).suggestedFilename()).toBe('prices.csv')
  },
)

test('where the browser opens no tab, a link does', { tag: '@local' }, async ({ attaching, page }) => {
  const it = await attaching()
  await send(it, textFile())
  await page.evaluate(() => (window.open = () => null))
  await it.file('notes.txt').click()
  await expect(it.sent.getByRole('link', { name: 'Open \u2068notes.txt\u2069' })).toHaveAttribute(
    'href',
    /object\/sign/,
  )
})

test(
  'a file that is gone says so, by its name; one that can’t be reached is tried again',
  { tag: '@local' },
  async ({ attaching, page, owner }) => {
    const it = await attaching()
    await send(it, pictureFile(), textFile())
    await page.route(LINKS, (route) =>
      route.fulfill({
        status: 503,
        headers: { 'access-control-allow-origin': '*' },
        json: { error: { code: 'storage_unavailable', message: '', requestId: 'r1' } },
      }),
    )
    await comeBack(it, 2)
    await it.file('notes.txt').click()
    await expect(it.sent.nth(1)).toContainText('Files can’t be kept at the moment.')
    await page.unroute(LINKS)
    await owner.deleteFilesOf(it.assistant)
    await it.file('notes.txt').click()
    await expect(it.sent.nth(1)).toContainText('File deleted')
    await expect(it.file('notes.txt')).toHaveAttribute('aria-disabled', 'true')
    await comeBack(it, 2)
    await expect(it.sent.first()).toContainText('logo.png')
    await expect(it.sent.first()).toContainText('File deleted')
  },
)

test(
  'an edited message keeps its files, and another answer has them',
  { tag: '@local' },
  async ({ attaching, model, page }) => {
    const [question, other] = [unique('What does it say?'), unique('And now?')]
    const it = await attaching()
    await it.attach(textFile())
    await it.chat.composer.fill(question)
    await it.chat.composer.press('Enter')
    await it.chat.answered()
    await it.chat.log.getByRole('button', { name: 'Edit' }).click()
    await it.chat.panel.getByRole('textbox', { name: 'Edit your question' }).fill(other)
    await page.keyboard.press('Enter')
    await expect(it.chat.log).toContainText(other)
    await it.chat.answered()
    await expect(it.sent).toContainText(['notes.txt'])
    await it.chat.log.getByRole('button', { name: 'Try another answer' }).click()
    await expect.poll(async () => (await model.calls(other)).length).toBe(2)
    for (const call of await model.calls(other)) expect(JSON.stringify(call.history)).toContain('A lamp and a lock.')
  },
)

for (const variant of ['csp', 'trusted-types'])
  test(`a strict Content-Security-Policy takes nothing away (${variant})`, { tag: '@local' }, async ({ attaching }) => {
    const it = await attaching({}, { variant })
    await it.attach(pictureFile(), textFile())
    await expect.poll(() => isDrawn(it.row('logo.png'))).toBe(true)
    await it.chat.composer.fill(unique('Look.'))
    await it.chat.composer.press('Enter')
    await expect(it.sent).toHaveCount(2)
    await it.chat.answered()
    await comeBack(it, 2)
    await expect.poll(() => isDrawn(it.sent.first())).toBe(true)
  })

test('names turn nothing around, and the longest breaks nothing', { tag: '@local' }, async ({ attaching }) => {
  const it = await attaching()
  const long = `${'long name '.repeat(500)}.txt`
  await it.attach(textFile('bill\u202efdp.txt'), textFile(long, 'Long.'), textFile('line\none\ttwo.txt', 'Lines.'))
  await expect(it.rows.first()).toContainText('billfdp.txt')
  await expect(it.rows.nth(1)).toContainText('…')
  const { panel } = it.chat
  const isWithin = () => panel.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)
  expect(await isWithin()).toBe(true)
  for (const row of await it.rows.all()) expect((await row.boundingBox())!.height).toBeLessThan(60)
  await it.chat.send.click()
  await expect(it.sent).toHaveCount(3)
  await it.chat.answered()
  expect(await isWithin()).toBe(true)
  await expect(it.sent.first()).toContainText('billfdp.txt')
  const texts = await it.sent.allInnerTexts()
  expect(texts.join('')).not.toMatch(/[\u202a-\u202e]/)
})

test('in German, in words of its own', { tag: '@local' }, async ({ attaching, page }) => {
  const it = await attaching({}, { data: { locale: 'de' } })
  const chooser = page.waitForEvent('filechooser')
  await it.chat.panel.getByRole('button', { name: 'Dateien anhängen' }).click()
  await (await chooser).setFiles([textFile()])
  await expect(it.chat.panel.getByRole('list', { name: 'Anhänge' })).toContainText('18 Byte')
  await expect(it.status).toHaveText('\u2068notes.txt\u2069 angehängt')
})

test('a widget from npm has it all', { tag: '@local' }, async ({ attaching }) => {
  const it = await attaching({}, { variant: 'npm' })
  await send(it, pictureFile(), textFile())
  await comeBack(it, 2)
  await expect.poll(() => isDrawn(it.sent.first())).toBe(true)
})

test(
  'of a long name only the ending is set apart: no word is read as two',
  { tag: '@local' },
  async ({ attaching }) => {
    const it = await attaching()
    const names = ['notes of the meeting about rentals.txt', 'قائمة أسعار الدراجات والمصابيح.txt']
    await it.attach(...names.map((name) => textFile(name, name)))
    for (const name of names)
      await expect(it.row(name).locator('.file-name > *')).toHaveText([name.replace('.txt', ''), '.txt'])
  },
)
