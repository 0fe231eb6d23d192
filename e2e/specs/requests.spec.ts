import { type Page, type Request } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

/** What the page fetches, in order. */
function watchRequests(page: Page): Request[] {
  const requests: Request[] = []
  page.on('request', (request) => requests.push(request))
  return requests
}

const settled = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise<void>((resolve) => requestIdleCallback(() => requestAnimationFrame(() => resolve()))))

const bytesOf = async (requests: Request[]): Promise<number> => {
  const sizes = await Promise.all(requests.map((request) => request.sizes()))
  return sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0)
}

const globals = (page: Page): Promise<string[]> => page.evaluate(() => Object.getOwnPropertyNames(window))

test('nothing but the pasted file is fetched until the visitor reaches for it', async ({ visit, page, target }) => {
  const requests = watchRequests(page)
  const chat = await visit()
  await expect(chat.launcher).toBeVisible()
  await page.waitForLoadState('networkidle')
  await settled(page)
  const widgets = requests.filter((request) => !request.url().startsWith(target.pagesOrigin))
  expect(widgets.map((request) => request.url())).toEqual([`${target.assetsOrigin}/loacl.js`])
  expect(await bytesOf(widgets)).toBeLessThanOrEqual(1_900)

  const panel = page.waitForRequest((request) => request.url().startsWith(target.assetsOrigin))
  await chat.launcher.hover()
  await panel
})

test('focus is reaching for it, too', async ({ visit, page, target }) => {
  const chat = await visit()
  const panel = page.waitForRequest((request) => request.url().startsWith(target.assetsOrigin))
  await chat.launcher.focus()
  await panel
})

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true })

  test('a tap is reaching for it, and nothing is fetched before', async ({ visit, page, target }) => {
    const requests = watchRequests(page)
    const widgets = () => requests.map((request) => request.url()).filter((url) => !url.startsWith(target.pagesOrigin))
    const chat = await visit()
    await expect(chat.launcher).toBeVisible()
    await page.waitForLoadState('networkidle')
    await settled(page)
    expect(widgets()).toEqual([`${target.assetsOrigin}/loacl.js`])

    await chat.launcher.tap()
    await expect(chat.composer).toBeVisible()
    expect(widgets().filter((url) => url.startsWith(target.assetsOrigin)).length).toBeGreaterThan(1)
  })
})

test(
  'from the tag to the first answer it takes at most 29.5 kB of code and style',
  { tag: '@local' },
  async ({ visit, page, target, model }) => {
    const requests = watchRequests(page)
    const filesSoFar = () => requests.filter((request) => request.url().startsWith(target.assetsOrigin))
    const question = unique('What can you do?')
    await model.says(question, { text: 'All that you need.', holdAfter: 9 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('All that')
    const files = filesSoFar()
    expect(await bytesOf(files)).toBeLessThanOrEqual(29_500)
    // What stands under it comes when it is complete.
    await model.says(question, 'All that you need.')
    await expect(chat.log.getByRole('button', { name: 'Copy answer' })).toBeVisible()
    await expect(chat.log.getByRole('button', { name: 'Edit' })).toBeVisible()
    const later = filesSoFar().slice(files.length)
    const named = (name: string) => later.filter((request) => request.url().includes(`/panel-${name}-`))
    expect(later).toHaveLength(3)
    expect(await bytesOf(named('answers'))).toBeLessThanOrEqual(1_300)
    expect(await bytesOf(named('siblings'))).toBeLessThanOrEqual(2_000)
    expect(await bytesOf(named('jump'))).toBeLessThanOrEqual(500)
    for (const file of filesSoFar()) {
      const body = await (await file.response())!.text()
      expect(body, 'no browser fingerprinting').not.toMatch(/fingerprintjs/i)
    }
  },
)

test('opening takes one request to the project, and mere opening leaves no trace', async ({ visit, page, target }) => {
  const requests = watchRequests(page)
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  const calls = requests.filter((request) => request.url().startsWith(target.url) && request.method() !== 'OPTIONS')
  expect(calls.map((request) => new URL(request.url()).pathname)).toEqual(['/rest/v1/rpc/open_session'])
})

test('the page gets one global and keeps all of its own', async ({ visit, page, newVisitor, pageUrl }) => {
  const bare = await (await newVisitor()).newPage()
  await bare.goto(pageUrl({ variant: 'bare' }))
  const before = new Set(await globals(bare))
  const chat = await visit()
  await chat.open()
  await chat.askAndWait('What can you do?')
  const added = (await globals(page)).filter((name) => !before.has(name) && !name.startsWith('__playwright'))
  expect(added).toEqual(['loacl'])
})
