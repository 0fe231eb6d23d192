import { startStack, type Stack } from '@loacl/local'
import { Chat } from '../support/chat.ts'
import { pdfFile, pictureFile, textFile } from '../support/files.ts'
import { expect, test as base } from '../support/fixtures.ts'

// The stack as `npm start` runs it, mock model and demo site included; and what happens when its database goes away,
// which no other test should notice.
const test = base.extend<{ demo: Chat }, { stack: Stack }>({
  stack: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
    async ({}, use) => {
      const stack = await startStack({ demoTools: true })
      await use(stack)
      await stack.stop()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  demo: async ({ page, stack, friends }, use) => {
    for (const url of [stack.siteUrl, stack.widgetUrl, stack.apiUrl]) friends.add(new URL(url).origin)
    await page.goto(stack.siteUrl)
    await use(new Chat(page))
  },
})
test.describe.configure({ mode: 'default' })

test('the demo site answers, and says that a mock model does', { tag: '@local' }, async ({ demo, page }) => {
  await demo.open()
  await expect(demo.log).toContainText(/\S/)
  const question = demo.questions.getByRole('button').first()
  const words = await question.innerText()
  await question.click()
  await expect(demo.message(words)).toBeVisible()
  await demo.answered()
  await expect(demo.log).toContainText('mock model')
  await expect(demo.log.locator('table, ul, ol, pre').first()).toBeVisible()
  await expect(demo.followUps.getByRole('button').first()).toBeVisible()
  await demo.followUps.getByRole('button').first().click()
  await demo.answered()

  await page.reload()
  await demo.open()
  await expect(demo.message(words)).toBeVisible()
})

test('the demo site takes files, and says what it was given', { tag: '@local' }, async ({ demo, page }) => {
  await demo.open()
  await demo.panel.locator('input[type=file]').setInputFiles([pictureFile(), pdfFile(), textFile()])
  await expect(demo.panel.getByRole('button', { name: /^Remove / })).toHaveCount(3)
  await demo.composer.fill('What are these?')
  await page.keyboard.press('Enter')
  await expect(demo.log.getByRole('table')).toContainText('notes.txt')
  await demo.answered()
  await expect(demo.log.getByRole('row')).toHaveText([
    'NameTypeSize',
    /^a pictureimage\/png\d+ bytes$/,
    `invoice.pdfapplication/pdf${pdfFile().buffer.length} bytes`,
    'notes.txttext/plain18 bytes',
  ])
  await expect(demo.log.getByRole('list', { name: 'Attachments' }).getByRole('button')).toHaveCount(3)
})

test(
  'while the database is away the chat says so, keeps the question, and sends it on another try',
  { tag: '@local' },
  async ({ demo, stack, page }) => {
    const question = 'And which is the smallest?'
    await demo.open()
    await demo.askAndWait('Which lamp is the brightest?')
    await stack.stopDatabase()
    try {
      await demo.ask(question)
      await expect(demo.alert).toContainText('down for a moment')
      await demo.retry.click()
      await expect(demo.alert).toContainText('down for a moment')
    } finally {
      await stack.startDatabase()
    }
    await demo.retry.click()
    await expect(demo.alert).toBeHidden()
    await demo.answered()
    await expect(demo.message(question)).toHaveCount(1)
    await page.reload()
    await demo.open()
    await expect(demo.message(question)).toHaveCount(1)
  },
)

test('a chat that opens while the database is away can be tried again', { tag: '@local' }, async ({ demo, stack }) => {
  await stack.stopDatabase()
  try {
    await demo.launcher.click()
    await expect(demo.alert).toContainText(/down for a moment|can’t be reached/, { timeout: 25_000 })
  } finally {
    await stack.startDatabase()
  }
  await demo.retry.click()
  await expect(demo.questions).toBeVisible()
})

test('an answer under way outlives a short absence of the database', { tag: '@local' }, async ({ demo, stack }) => {
  await demo.open()
  await demo.ask('What does delivery cost?')
  await expect(demo.log).toContainText('mock model')
  await stack.stopDatabase()
  await stack.startDatabase()
  await expect(async () => {
    if (await demo.retry.isVisible()) await demo.retry.click()
    await expect(demo.followUps).toBeVisible({ timeout: 1_000 })
  }).toPass({ timeout: 25_000 })
  await demo.page.reload()
  await demo.open()
  await expect(demo.message('What does delivery cost?')).toHaveCount(1)
})
