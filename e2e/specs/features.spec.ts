import { readdirSync } from 'node:fs'
import { expect, test, unique } from '../support/fixtures.ts'
import { withoutFieldSizing } from '../support/older_browser.ts'

const CONVERSATIONS = '**/panel-conversations-*'
const ERRORS = '**/panel-errors-*'
const CLIENT_FILE = '**/panel-client-*'

const FEATURES = readdirSync(new URL('../../packages/widget/src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  // Their words come with their language: `tools.spec.ts`, `sent_files.spec.ts`.
  .filter((name) => !name.endsWith('_de'))

interface Said {
  setContext(context: object): void
}

for (const variant of ['plain', 'npm'])
  test(
    `each feature's file is fetched and runs (${variant})`,
    { tag: '@local' },
    async ({ visit, page, model, owner }) => {
      const [question, refused] = [unique('Does every part of you work?'), unique('And with an error?')]
      await model.says(question, {
        calls: [[{ name: 'no_such_tool' }]],
        text: `All of it, &agrave; [la carte][menu]. ![A part](https://parts.example/1.png)\n\n| Part |\n|---|\n| Lid |\n\n\`\`\`\n${'run()\n'.repeat(60)}\`\`\`\n\n[menu]: https://menu.test/\n\nhttps://here.test`,
        sources: [{ filename: 'all.pdf', for: 'All of it' }],
      })
      await model.says(refused, { status: 500 })
      const assistant = await owner.addAssistant({ fileTypes: ['image/png'] })
      await owner.change(assistant, { fingerprint: true })
      await withoutFieldSizing(page)
      const fetched: string[] = []
      page.on('requestfinished', (request) => fetched.push(new URL(request.url()).pathname))
      // A question that would have to wait longer than a second for it is sent without.
      const sent = page.waitForRequest(
        (request) => request.url().endsWith('/turns') && 'fingerprint' in request.postDataJSON(),
      )
      const chat = await visit({ variant, assistant })
      await chat.open()
      await page.evaluate(() => {
        const { loacl, widget } = window as unknown as { loacl?: (...command: unknown[]) => void; widget?: Said }
        const context = { title: 'All parts' }
        if (widget) widget.setContext(context)
        else loacl!('setContext', context)
      })
      await expect(chat.panel.getByText('Sent along: \u2068All parts\u2069')).toBeVisible()
      await chat.composer.fill('long '.repeat(9_000))
      await expect(chat.panel).toContainText('characters too long')
      await chat.askAndWait(question)
      await expect(chat.log.getByRole('button', { name: 'Copy', exact: true })).toBeVisible()
      await expect(chat.log).toContainText('All of it[1], à la carte. A part (\u2068parts.example\u2069)')
      await expect(chat.log.getByRole('link', { name: 'la carte' })).toHaveAttribute('href', 'https://menu.test/')
      await expect(chat.log).not.toContainText('[menu]')
      await chat.log.evaluate((log) => log.scrollTo(0, 0))
      await expect(chat.panel.getByRole('button', { name: 'Jump to latest' })).toBeVisible()
      await expect(chat.log.getByRole('list', { name: 'Sources' })).toHaveText('1 all.pdf')
      await chat.ask(refused)
      await expect(chat.alert).toContainText('can’t answer')
      expect((await sent).postDataJSON().fingerprint).toMatch(/^[\w-]{1,128}$/)
      await chat.conversations.click()
      await expect(chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')).toHaveCount(1)
      const files = fetched.flatMap((path) => /^\/(?:panel-|chunks\/)([a-z]+)(?:-[\w-]{8})?\.js$/.exec(path)?.[1] ?? [])
      // For pages with several chats, assistants with tools and closed panels: see `mounting.spec.ts` and `tools.spec.ts`.
      expect(files).toEqual(
        expect.arrayContaining(FEATURES.filter((name) => !/^(neighbours|reminder|tools)/.test(name))),
      )
    },
  )

test('what the first answer can do without is fetched when the visitor reaches for it', async ({ visit, page }) => {
  const files: string[] = []
  page.on('request', (request) => files.push(new URL(request.url()).pathname))
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Is there more?'))
  const features = files.filter((path) => /\/panel-[a-z]+-[\w-]{8}\.js$/.test(path))
  // What stands under an answer comes when that is complete.
  expect(features.filter((path) => !/^\/panel-(answers|siblings|jump)-/.test(path))).toEqual([])
  const fetched = page.waitForRequest(CONVERSATIONS)
  await chat.conversations.hover()
  await fetched
})

test('earlier conversations that can’t be fetched are told of in words, and another try brings them', async ({
  visit,
  page,
}) => {
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Will this be kept?'))
  await page.route(CONVERSATIONS, (route) => route.abort())
  await page.evaluate(() =>
    document.addEventListener('loacl-error', (event) => {
      const { error } = (event as CustomEvent<{ error: Error & { code: string } }>).detail
      document.title = `${error.code}: ${error.message}`
    }),
  )
  await chat.conversations.focus()
  await page.keyboard.press('Enter')
  await expect(chat.alert).toContainText('can’t be reached')
  await expect(page).toHaveTitle('network: The chat panel could not be fetched.')
  await chat.retry.focus()
  await page.keyboard.press('Enter')
  await expect(chat.alert).toContainText('can’t be reached')
  await page.unroute(CONVERSATIONS)
  await chat.retry.focus()
  await page.keyboard.press('Enter')
  await expect(chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')).toHaveCount(1)
  await expect(chat.alert).toBeHidden()
  // The button is gone; the keyboard is still in the panel.
  await expect(chat.panel).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(chat.panel).toBeHidden()
  await expect(chat.launcher).toBeFocused()
})

test(
  'until the words for an error have come, all stays as it was, and then they are in sight',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const [first, question] = [unique('Tell me a lot.'), unique('And more?')]
    await model.says(first, { text: 'A line.\n\n'.repeat(40), followUps: [] })
    await model.says(question, { status: 500 })
    let answer!: () => void
    const answered = new Promise<void>((resolve) => (answer = resolve))
    await page.route(ERRORS, async (route) => {
      await answered
      await route.continue()
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    const asked = page.waitForRequest(ERRORS)
    await chat.ask(question)
    await asked
    await expect(chat.send).toBeVisible()
    await expect(chat.log).toContainText('is thinking')
    answer()
    await expect(chat.alert).toContainText('can’t answer')
    await expect(chat.log).not.toContainText('is thinking')
    await expect(chat.retry).toBeInViewport({ ratio: 1 })
    await expect(chat.panel.getByRole('button', { name: 'Jump to latest' })).toBeHidden()
  },
)

test('a list that the client has no file for yet comes with another try', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Will this be listed?'))
  await page.route(CLIENT_FILE, (route) => route.abort())
  await chat.conversations.click()
  await expect(chat.alert).toContainText('can’t be reached')
  await page.unroute(CLIENT_FILE)
  await chat.retry.click()
  await expect(chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')).toHaveCount(1)
  await expect(chat.alert).toBeHidden()
})

test('earlier conversations that take long are awaited in words', async ({ visit, page }) => {
  let answer!: () => void
  const answered = new Promise<void>((resolve) => (answer = resolve))
  await page.route(CONVERSATIONS, async (route) => {
    await answered
    await route.continue()
  })
  await page.clock.install()
  const chat = await visit()
  await chat.open()
  await chat.conversations.click()
  await expect(chat.panel).toContainText('Loading…')
  await page.clock.runFor(3000)
  await expect(chat.alert).toContainText('can’t be reached')
  await chat.retry.click()
  await expect(chat.panel).toContainText('Loading…')
  answer()
  await expect(chat.panel).toContainText('No conversations yet')
  await expect(chat.alert).toBeHidden()
})

test(
  'an error whose words can’t be fetched is told in others, and another try succeeds',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const question = unique('Is anybody there?')
    await model.says(question, { status: 500 })
    const chat = await visit()
    await chat.open()
    await page.route(ERRORS, (route) => route.abort())
    await chat.ask(question)
    await expect(chat.alert).toContainText('Something went wrong')
    await model.says(question, 'I am.')
    await chat.retry.focus()
    await page.keyboard.press('Enter')
    await expect(chat.message('I am.')).toBeVisible()
    await expect(chat.alert).toBeHidden()
    await expect(chat.composer).toBeFocused()
  },
)
