import { expect, test, unique } from '../support/fixtures.ts'

const THOUGHTS = ['**Weighing anchors**\n\nThey are heavy.', '**Counting ropes**\n\nThere are four.']
const SOURCES = [
  { url: 'https://harbour.example/anchors', title: 'Anchors we sell' },
  { url: 'https://www.ropes.example/four?a=1' },
  { url: 'http://plain.example/', title: 'An old page' },
  { filename: 'prices.pdf' },
]
const FILE = '**/panel-parts-*'

test(
  'reasoning is nowhere unless the owner shows it: not asked for, not sent, not stored, not on the page',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const question = unique('How heavy is an anchor?')
    await model.says(question, { reasoning: THOUGHTS, text: 'About ten kilos.' })
    const bodies: Promise<string>[] = []
    page.on('response', (response) => {
      if (/\/(functions|rest)\//.test(response.url())) bodies.push(response.text().catch(() => ''))
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await expect(chat.message('About ten kilos.')).toBeVisible()
    await page.reload()
    await chat.open()
    await expect(chat.message('About ten kilos.')).toBeVisible()
    await expect(chat.panel.locator('details')).toHaveCount(0)
    const told = (await Promise.all(bodies)).join('\n')
    expect(told).toContain('ten ')
    expect(`${told} ${await owner.readAnswerTo(question)}`).not.toMatch(/Weighing|anchors|Counting|reasoning-/i)
  },
)

test(
  'reasoning that the owner shows is closed at first, opens by the keyboard, and is hidden when the owner changes their mind',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const assistant = await owner.addAssistant({ showReasoning: true })
    const question = unique('How heavy is an anchor?')
    await model.says(question, { reasoning: THOUGHTS, text: 'About ten kilos.', holdAfter: 0 })
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    const summary = chat.log.locator('summary')
    await expect(summary).toHaveText('Thinking…')
    // One of the two says that it thinks.
    await expect(chat.log).not.toContainText('is thinking')
    await expect(chat.log.getByText('They are heavy.')).toBeHidden()

    await model.says(question, { reasoning: THOUGHTS, text: 'About ten kilos.' })
    await chat.answered()
    await expect(summary).toHaveText('Reasoning')
    await expect(summary).toHaveCount(1)
    await expect(chat.message('About ten kilos.')).toBeVisible()
    await expect(chat.log.getByText('They are heavy.')).toBeHidden()
    // What is read out is the answer.
    await expect(chat.panel.getByRole('status').last()).toHaveText(/answered: About ten kilos\.$/)

    await summary.focus()
    await page.keyboard.press('Enter')
    await expect(chat.log.getByText('They are heavy.')).toBeVisible()
    await expect(chat.log.getByText('Weighing anchors')).toHaveCSS('font-weight', /^[67]\d\d$/)
    await expect(chat.log.getByText('There are four.')).toBeVisible()
    await page.keyboard.press('Space')
    await expect(chat.log.getByText('They are heavy.')).toBeHidden()

    await page.reload()
    await chat.open()
    await expect(summary).toHaveText('Reasoning')
    await expect(chat.log.getByText('They are heavy.')).toBeHidden()

    await owner.change(assistant, { showReasoning: false })
    await page.reload()
    await chat.open()
    await expect(chat.message('About ten kilos.')).toBeVisible()
    await expect(summary).toHaveCount(0)
    await expect(chat.log).not.toContainText('They are heavy.')
  },
)

test(
  'an answer keeps its order: texts, and the sources between them as links that are safe to follow',
  { tag: '@local' },
  async ({ visit, model, page, context }) => {
    const question = unique('What holds a boat?')
    const parts = { text: 'An *anchor* does.', sources: SOURCES, more: 'So does a **rope**.' }
    await model.says(question, parts)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    const sources = answer.getByRole('list', { name: 'Sources' })
    await expect(sources.getByRole('listitem')).toHaveText([
      'Anchors we sell',
      'www.ropes.example',
      'An old page',
      'prices.pdf',
    ])
    await expect(answer).toHaveText(/^An anchor does\..*prices\.pdf.*So does a rope\.$/s)
    const links = sources.getByRole('link')
    await expect(links).toHaveCount(3)
    for (const link of await links.all()) {
      await expect(link).toHaveAttribute('rel', /noopener noreferrer/)
      await expect(link).toHaveAttribute('target', '_blank')
    }
    await expect(links.first()).toHaveAttribute('href', 'https://harbour.example/anchors')

    await answer.getByRole('button', { name: 'Copy answer' }).click()
    await expect(chat.panel.getByRole('status').last()).toHaveText('Copied')
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('An *anchor* does.\n\nSo does a **rope**.')
    await page.reload()
    await chat.open()
    await expect(answer).toHaveText(/^An anchor does\..*prices\.pdf.*So does a rope\.$/s)
  },
)

test(
  'what an older widget does not know is named or passed over, and the rest of the answer is there',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const question = unique('What is the weather?')
    await model.says(question, 'It is **windy**.')
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await owner.addPart(question, { type: 'constructor', text: 'Nobody reads this.' })
    await owner.addPart(question, { type: 'file', filename: 'wind.csv' })
    await page.reload()
    await chat.open()
    const answer = chat.log.getByRole('article').last()
    await expect(answer).toHaveText(/^wind\.csv\s*It is windy\.$/)
    await expect(chat.alert).toBeHidden()
  },
)

test(
  'until their view has come, and where it can’t be fetched, sources are named and reasoning is waited through',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const assistant = await owner.addAssistant({ showReasoning: true })
    const question = unique('What holds a boat?')
    const held = { reasoning: THOUGHTS, text: 'An anchor does.', sources: SOURCES }
    await model.says(question, { ...held, holdAfter: 0 })
    let tries = 0
    await page.route(FILE, (route) => {
      tries++
      return route.abort()
    })
    const chat = await visit({ assistant })
    await chat.open()
    const asked = page.waitForRequest(FILE)
    await chat.ask(question)
    await asked
    await expect(chat.log).toContainText('is thinking')
    await model.says(question, held)
    await chat.answered()
    await expect(chat.message('An anchor does.')).toBeVisible()
    await expect(chat.message('Anchors we sell')).toBeVisible()
    await expect(chat.message('prices.pdf')).toBeVisible()
    await expect(chat.log.getByRole('link')).toHaveCount(0)
    await expect(chat.log).not.toContainText('They are heavy.')
    // Not at every word.
    expect(tries).toBeLessThan(3)

    await page.unroute(FILE)
    await chat.conversations.hover()
    await chat.conversations.click()
    await expect(chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')).toHaveCount(1)
    await chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button').click()
    await expect(chat.log.getByRole('link', { name: 'Anchors we sell' })).toBeVisible()
    await expect(chat.log.locator('summary')).toHaveText('Reasoning')
  },
)
