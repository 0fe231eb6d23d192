import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import { buildExample, type RunningExample, serveFiles } from '../support/examples.ts'
import { expect, test, unique } from '../support/fixtures.ts'
import type { NewTool } from '../support/owner.ts'
import type { Target } from '../support/target.ts'

// examples/ai-sdk, built once as its README says: one worker runs this file.
test.describe.configure({ mode: 'default' })
test.describe('the example of useChat', { tag: '@local' }, () => {
  let example: RunningExample

  test.beforeAll(async ({ target }) => {
    await buildExample('ai-sdk', target)
    example = await serveFiles('ai-sdk')
  })
  test.afterAll(() => example.stop())
  test.beforeEach(({ friends }) => void friends.add(example.origin))

  /** The page of one visitor, with another assistant than it was built with where one is given. */
  async function visit(page: Page, { assistantId }: Target, assistant = assistantId) {
    await page.route('**/assets/*.js', async (route) => {
      // The server closes a connection that is idle for seconds: maybe as this is sent on it.
      const response = await route.fetch({ maxRetries: 1 })
      await route.fulfill({ response, body: (await response.text()).replaceAll(assistantId, assistant) })
    })
    await page.goto(example.origin)
    await expect(page.getByRole('log')).toBeVisible()
    return pageOf(page)
  }

  const ORDER = { order: 'A-1042' }
  /** No server has this name. */
  const CANCEL: NewTool = {
    name: 'cancel_order',
    endpoint: 'https://orders.harbour.invalid/',
    words: { en: { title: 'Cancel an order', sentence: 'Your order is cancelled. This can’t be undone.' } },
  }
  const TEXT = 'Rust begins where paint ends, and paint ends where somebody leant the bike against a wall for a winter.'

  test('an answer streams with its sources, and a reload and the list of conversations show it again', async ({
    page,
    target,
    model,
  }) => {
    const question = unique('How does rust begin?')
    const sources = [{ url: 'https://harbour.example/rust', title: 'Rust', for: 'Rust begins' }]
    const reply = { text: TEXT, sources, title: question, followUps: [unique('And then?')] }
    await model.says(question, { ...reply, holdAfter: 30 })
    const chat = await visit(page, target)
    await expect(chat.log).toContainText('Hello from the quay!')
    await chat.ask(question)
    await expect(chat.answer).toContainText('Rust begins')
    await expect(chat.answer).not.toContainText('winter')
    await expect(chat.log).toHaveAttribute('aria-busy', 'true')
    await model.says(question, reply)
    await chat.isShown(question, TEXT)
    await expect(chat.answer.getByRole('link', { name: 'Rust' })).toHaveAttribute(
      'href',
      'https://harbour.example/rust',
    )
    const conversation = page.getByRole('navigation').getByRole('link', { name: question })
    await expect(conversation).toHaveAttribute('aria-current', 'page')
    await page.reload()
    await chat.isShown(question, TEXT)
    await expect(chat.answer.getByRole('link', { name: 'Rust' })).toBeVisible()

    await page.getByRole('button', { name: 'New conversation' }).click()
    await expect(chat.articles).toHaveCount(0)
    await conversation.press('Enter')
    await chat.isShown(question, TEXT)
    await model.says(reply.followUps[0]!, 'Then it goes on.')
    await page.getByRole('list', { name: 'Suggestions' }).getByRole('button').click()
    await chat.isShown(question, TEXT, reply.followUps[0]!, 'Then it goes on.')
  })

  test('an answer is stopped, another one stands in its place, and a reload shows that', async ({
    page,
    target,
    model,
  }) => {
    const question = unique('How does rust go on?')
    await model.says(question, { text: TEXT, holdAfter: 30, followUps: [] })
    const chat = await visit(page, target)
    await chat.ask(question)
    await expect(chat.answer).toContainText('Rust begins')
    await chat.stop.press('Enter')
    await expect.poll(async () => (await model.calls(question)).map(({ state }) => state)).toEqual(['dropped'])
    await model.says(question, { text: 'Slowly.', followUps: [] })
    for (const text of ['Slowly.', 'Steadily.']) {
      await model.says(question, { text, followUps: [] })
      await chat.again.click()
      await chat.isShown(question, text)
    }
    await page.reload()
    await chat.isShown(question, 'Steadily.')
  })

  test('an answer goes on after a reload in the middle of it', async ({ page, target, model }) => {
    const question = unique('What does winter do?')
    await model.says(question, { text: TEXT, holdAfter: 30, followUps: [] })
    const chat = await visit(page, target)
    await chat.ask(question)
    await expect(chat.answer).toContainText('Rust begins')
    await page.reload()
    await expect(chat.answer).toContainText('Rust begins')
    await model.says(question, { text: TEXT, followUps: [] })
    await chat.isShown(question, TEXT)
    expect(await model.calls(question)).toHaveLength(1)
  })

  test('a message is edited twice by the keyboard, what followed goes, and a reload shows the same', async ({
    page,
    target,
    model,
  }) => {
    const [first, next] = [unique('Do you rent bikes?'), unique('For how long?')]
    const edits = [unique('Do you rent tandems?'), unique('Do you rent boats?')]
    for (const text of [first, next, ...edits]) await model.says(text, { text: `You asked: ${text}`, followUps: [] })
    const chat = await visit(page, target)
    await chat.ask(first)
    await chat.isShown(first, `You asked: ${first}`)
    await chat.ask(next)
    await chat.isShown(first, `You asked: ${first}`, next, `You asked: ${next}`)
    const button = chat.articles.first().getByRole('button', { name: 'Edit' })
    const box = page.getByRole('textbox', { name: 'Edit your message' })
    await button.press('Enter')
    await box.press('Escape')
    await expect(button).toBeFocused()
    for (const edited of edits) {
      await button.press('Enter')
      await expect(box).toBeFocused()
      await box.fill(edited)
      await box.press('Tab')
      await page.keyboard.press('Enter')
      await expect(chat.log).toBeFocused()
      await chat.isShown(edited, `You asked: ${edited}`)
    }
    await chat.again.click()
    await chat.isShown(edits[1]!, `You asked: ${edits[1]}`)
    await page.reload()
    await chat.isShown(edits[1]!, `You asked: ${edits[1]}`)
    expect((await model.calls(edits[1]!)).map(({ history }) => history)).toEqual([[], []])
  })

  test('what went wrong is told in words, and tried again', async ({ page, target, model }) => {
    const question = unique('Is it raining?')
    await model.says(question, { status: 400 })
    const chat = await visit(page, target)
    await chat.ask(question)
    await expect(page.getByRole('alert')).toHaveText(/^[A-Z][^_]* .*\. Try again$/)
    await model.says(question, { text: 'A little.', followUps: [] })
    await page.getByRole('button', { name: 'Try again' }).click()
    await chat.isShown(question, 'A little.')
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test('a file is sent, opened after a reload, and kept by an edit', async ({ page, target, model, owner }) => {
    const assistant = await owner.addAssistant({ fileTypes: ['text/plain'] })
    const [question, edited] = [unique('What is on my list?'), unique('How long is my list?')]
    await model.says(question, { text: 'Lamps.', followUps: [] })
    await model.says(edited, { text: 'One line.', followUps: [] })
    const chat = await visit(page, target, assistant)
    const file = { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('Two lamps') }
    await page.getByLabel('Files').setInputFiles(file)
    await chat.ask(question)
    await chat.isShown(question, 'Lamps.')
    const button = chat.articles.first().getByRole('button', { name: 'list.txt' })
    await expect(button).toBeVisible()
    await chat.articles.first().getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Edit your message' }).fill(edited)
    await page.getByRole('button', { name: 'Save' }).click()
    await chat.isShown(edited, 'One line.')
    await expect(button).toBeVisible()
    await page.reload()
    await chat.isShown(edited, 'One line.')
    const downloading = page.waitForEvent('download')
    await button.press('Enter')
    const download = await downloading
    expect(download.suggestedFilename()).toBe('list.txt')
    expect(await readFile(await download.path(), 'utf8')).toBe('Two lamps')
  })

  for (const wireFormat of ['openai', 'openai-chat'] as const)
    test(`a call is approved, another denied after a reload, and the page runs its own tool: ${wireFormat}`, async ({
      page,
      target,
      model,
      owner,
    }) => {
      const assistant = await owner.addAssistant({ wireFormat })
      await owner.addTool(assistant, CANCEL)
      await owner.addTool(assistant, {
        name: 'show_lamp',
        words: { en: { title: 'Show a lamp', sentence: 'See it.' } },
      })
      const question = unique('Please cancel my order.')
      const calls = [
        [{ name: 'show_lamp', arguments: { name: 'Fjord' } }],
        [{ name: 'cancel_order', arguments: ORDER }],
      ]
      await model.says(question, { reasoning: ['Hm.'], calls, text: 'All is done.', followUps: [] })
      const chat = await visit(page, target, assistant)
      await chat.ask(question)
      const lamp = chat.card('Show a lamp')
      await expect(lamp).toContainText('See it.')
      await expect(page.getByRole('banner').getByRole('status')).toHaveText('')
      const approve = lamp.getByRole('button', { name: 'Approve' })
      await expect(approve).toBeEnabled()
      await approve.press('Enter')
      await expect(page.getByRole('banner').getByRole('status')).toHaveText('You are shown: Fjord')

      const cancel = chat.card('Cancel an order')
      for (const reload of [false, true]) {
        if (reload) await page.reload()
        await expect(cancel).toContainText('This can’t be undone.')
        await expect(cancel.getByLabel('What is sent')).toHaveText(JSON.stringify(ORDER, null, 2))
        await expect(cancel).toContainText('Goes to orders.harbour.invalid')
      }
      await cancel.getByRole('button', { name: 'Deny' }).click()
      for (const reload of [false, true]) {
        if (reload) await page.reload()
        await expect(chat.answer).toContainText('All is done.')
        await expect(chat.answer).toContainText('Show a lamp is done')
        await expect(chat.answer).toContainText('Cancel an order was denied')
        await expect(cancel).toHaveCount(0)
      }
    })

  test('no WCAG 2.2 AA violation, light and dark', async ({ page, target, model, owner }) => {
    const assistant = await owner.addAssistant({ showReasoning: true })
    await owner.addTool(assistant, CANCEL)
    const question = unique('Please cancel my order.')
    const calls = [[{ name: 'cancel_order', arguments: ORDER }]]
    await model.says(question, { reasoning: ['They want to cancel.'], calls, followUps: [] })
    const chat = await visit(page, target, assistant)
    await chat.ask(question)
    await expect(chat.card('Cancel an order')).toBeVisible()
    await chat.answer.getByText('Reasoning').press('Enter')
    await expect(chat.answer.getByText('They want to cancel.')).toBeVisible()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
        .analyze()
      expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target: at }) => at)}`)).toEqual([])
      await page.screenshot({ path: test.info().outputPath(`${colorScheme}.png`) })
    }
  })
})

/** What each message says. */
const textsOf = (all: Locator) =>
  all.evaluateAll((found) =>
    found.map((one) => [...one.querySelectorAll(':scope > p')].map((p) => p.textContent).join('')),
  )

function pageOf(page: Page) {
  const log = page.getByRole('log')
  const articles = log.getByRole('article')
  const answer = log.getByRole('article', { name: 'Assistant' }).last()
  return {
    log,
    articles,
    answer,
    stop: page.getByRole('button', { name: 'Stop' }),
    again: answer.getByRole('button', { name: 'Another answer' }),
    card: (name: string) => log.getByRole('group', { name }),
    ask: async (text: string) => {
      await page.getByRole('textbox', { name: 'Message', exact: true }).fill(text)
      await page.keyboard.press('Enter')
    },
    /** These messages, oldest first, and nothing under way. */
    isShown: async (...texts: string[]) => {
      await expect.poll(() => textsOf(articles)).toEqual(texts)
      await expect(page.getByRole('button', { name: 'Send' })).toBeVisible()
    },
  }
}
