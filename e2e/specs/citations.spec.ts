import type { Page } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const FILE = '**/panel-citations-*'
const TEXT = 'An **anchor** 🪝 holds. So does a rope, says [the quay](https://quay.example/r). And a chain.'
const SOURCES = [
  { url: 'https://harbour.example/anchors', title: 'Anchors we sell', for: 'An **anchor** 🪝 holds' },
  { filename: 'prices.pdf', file_id: 'file-prices', quote: 'Ropes are ten crowns.', for: 'So does a rope' },
  { url: 'https://harbour.example/anchors', title: 'Anchors we sell', for: 'And a chain' },
  { url: 'https://quay.example/r', for: 'the quay](https://quay' },
]
/** The names of the marks, and what is around them. */
const SHOWN = 'An anchor 🪝 holds[1]. So does a rope[2], says the quay[3]. And a chain[1].'

const focused = (page: Page) =>
  page.evaluate(() => document.querySelector('loacl-chat')!.shadowRoot!.activeElement?.textContent)

test(
  'sources stand in the text as numbers that open them, by the keyboard too, and after a reload',
  { tag: '@local' },
  async ({ visit, model, page, context, friends }) => {
    const question = unique('What holds a boat?')
    await model.says(question, { text: TEXT, sources: SOURCES })
    friends.add('https://harbour.example')
    await context.route('https://harbour.example/**', (route) => route.fulfill({ body: 'Anchors.' }))
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    const text = answer.locator('.md')
    const list = answer.getByRole('list', { name: 'Sources' })
    for (const reload of [false, true]) {
      if (reload) {
        await page.reload()
        await chat.open()
      }
      await expect(text).toHaveText(SHOWN)
      await expect(list.getByRole('listitem')).toHaveText(['1 Anchors we sell', /^2 prices\.pdf/, '3 quay.example'])
      await expect(answer.getByRole('link', { name: 'Source 1: Anchors we sell' })).toHaveCount(2)
      await expect(answer.getByRole('link', { name: 'Source 3: quay.example' })).toHaveAttribute('rel', /noopener/)
      // It is told beside the link that the model wrote, not in it.
      await expect(answer.getByRole('link', { name: 'the quay', exact: true })).toHaveText('the quay')
    }

    await expect(list.getByText('Ropes are ten crowns.')).toBeHidden()
    const mark = answer.getByRole('button', { name: 'Source 2: prices.pdf' })
    await mark.focus()
    await page.keyboard.press('Enter')
    await expect(list.getByText('Ropes are ten crowns.')).toBeVisible()
    expect(await focused(page)).toBe('2 prices.pdf')

    await answer.getByRole('link', { name: 'Source 1: Anchors we sell' }).first().focus()
    const opened = context.waitForEvent('page')
    await page.keyboard.press('Enter')
    const tab = await opened
    await expect(tab).toHaveURL('https://harbour.example/anchors')
    expect(await tab.evaluate(() => opener)).toBeNull()
  },
)

test(
  'a mark that comes while the text streams is drawn once, and what is there stays where it is',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('What holds a boat?')
    const held = `${TEXT} ${'And so on. '.repeat(10)}`
    await model.says(question, { text: held, sources: SOURCES, holdAfter: 60 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    const answer = chat.log.getByRole('article').last()
    const first = answer.getByRole('link', { name: 'Source 1: Anchors we sell' })
    await expect(first).toHaveCount(1)
    await expect(answer.getByRole('button', { name: 'Source 2: prices.pdf' })).toHaveCount(1)
    await expect(chat.stop).toBeVisible()
    await expect(answer.locator('.md')).toHaveText(/^An anchor 🪝 holds\[1\]\. So does a rope\[2\], says/)
    await first.focus()
    const paragraph = await answer.locator('.md p').first().elementHandle()
    const before = await first.boundingBox()
    await model.says(question, { text: held, sources: SOURCES })
    await chat.answered()
    await expect(answer.locator('.md')).toHaveText(`${SHOWN} ${'And so on. '.repeat(10).trim()}`)
    // The same elements: the keyboard stays, and nothing is drawn anew.
    expect(await paragraph!.evaluate((element) => element.isConnected)).toBe(true)
    expect(await focused(page)).toBe('[1]')
    expect((await first.first().boundingBox())!.x).toBe(before!.x)
  },
)

test(
  'a copy of an answer has the numbers, and its sources at the end',
  { tag: '@local' },
  async ({ visit, model, page, context }) => {
    const question = unique('What holds a boat?')
    await model.says(question, { text: TEXT, sources: SOURCES, more: 'More of it: a **mooring** buoy.' })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    await expect(answer.locator('.md').first()).toHaveText(SHOWN)
    await answer.getByRole('button', { name: 'Copy answer' }).click()
    await expect(chat.panel.getByRole('status').last()).toHaveText('Copied')
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      [
        'An **anchor** 🪝 holds[1]. So does a rope[2], says [the quay](https://quay.example/r)[3]. And a chain[1].',
        'More of it: a **mooring** buoy.',
        [
          'Sources:',
          '[1] Anchors we sell https://harbour.example/anchors',
          '[2] prices.pdf',
          '[3] quay.example https://quay.example/r',
        ].join('\n'),
      ].join('\n\n'),
    )
  },
)

test(
  'hostile titles and addresses stay text, and turn nothing around',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Who can be trusted?')
    await model.says(question, {
      text: 'One says so. Two does. Three too.',
      sources: [
        { url: 'javascript:alert(1)', title: 'Free', for: 'One says so' },
        {
          url: 'https://evil.example/',
          title: `\u202e<img src=x onerror=alert(1)>${'long '.repeat(500)}`,
          for: 'Two does',
        },
        { filename: '\u2066../../etc/passwd\u202e', quote: '<script>alert(1)</script>', for: 'Three too' },
      ],
    })
    let dialogs = 0
    page.on('dialog', (dialog) => {
      dialogs++
      void dialog.dismiss()
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    await expect(answer.locator('.md')).toHaveText('One says so. Two does[1]. Three too[2].')
    const mark = answer.getByRole('link', { name: /^Source 1: <img/ })
    expect((await mark.getAttribute('aria-label'))!.length).toBeLessThan(230)
    expect(await mark.getAttribute('aria-label')).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    await answer.getByRole('button', { name: 'Source 2: ../../etc/passwd' }).click()
    await expect(answer.getByText('<script>alert(1)</script>')).toBeVisible()
    await expect(answer.locator('img, script')).toHaveCount(0)
    const width = await answer.evaluate((element) => element.scrollWidth - element.clientWidth)
    expect(width).toBeLessThanOrEqual(0)
    expect(dialogs).toBe(0)
  },
)

test(
  'in Arabic a mark reads from left to right, where its words end, and on a phone a finger finds it',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    const question = unique('ما الذي يثبت القارب؟')
    await model.says(question, {
      text: 'المرساة تثبت القارب. والحبل أيضا.',
      sources: [{ url: 'https://harbour.example/', title: 'الميناء', for: 'المرساة تثبت القارب' }],
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const mark = chat.log.getByRole('link', { name: 'Source 1: الميناء' })
    await expect(mark).toHaveText('[1]')
    await expect(mark).toHaveCSS('direction', 'ltr')
    const paragraph = chat.log.locator('.md p').last()
    await expect(paragraph).toHaveCSS('direction', 'rtl')
    // It stands to the left of the words that it belongs to.
    const [box, all] = [(await mark.boundingBox())!, (await paragraph.boundingBox())!]
    expect(box.x + box.width).toBeLessThan(all.x + all.width - 60)
  },
)

test(
  'where the marks can’t be fetched, the answer and its sources are there',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('What holds a boat?')
    await model.says(question, { text: TEXT, sources: SOURCES })
    let tries = 0
    await page.route(FILE, (route) => {
      tries++
      return route.abort()
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    await expect(answer.locator('.md')).toHaveText(SHOWN.replace(/\[\d\]/g, ''))
    await expect(answer.getByRole('list', { name: 'Sources' }).getByRole('listitem')).toHaveText([
      'Anchors we sell',
      'prices.pdf',
      'quay.example',
    ])
    expect(tries).toBeLessThan(3)
  },
)
