import type { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

const PANEL = /\/panel-[\w-]{8}\.js/

const directionOf = (element: Element): string => getComputedStyle(element).direction

test('Arabic reads from right to left, code in it from left to right', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('متى تفتحون أبوابكم؟')
  await model.says(question, 'نفتح كل يوم في التاسعة صباحا.\n\n```\nnpm start\n```\n\n- واحد\n- اثنان')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const answer = chat.log.getByText('نفتح كل يوم')
  expect(await answer.evaluate(directionOf)).toBe('rtl')
  expect(await chat.message(question).evaluate(directionOf)).toBe('rtl')
  expect(await chat.log.locator('pre').evaluate(directionOf)).toBe('ltr')
  expect(await chat.log.locator('ul').evaluate(directionOf)).toBe('rtl')
})

test('on a page that reads from right to left the chat stands on the left', async ({ visit, page }) => {
  const chat = await visit({ variant: 'rtl' })
  const launcher = (await chat.launcher.boundingBox())!
  expect(launcher.x).toBeLessThan(page.viewportSize()!.width / 2)
  await chat.open()
  await expect(chat.panel).toBeInViewport({ ratio: 1 })
})

for (const variant of ['plain', 'npm'])
  test(
    `a page's locale brings the words of its language, all of them (${variant})`,
    { tag: '@local' },
    async ({ visit, page, model, owner }) => {
      const question = unique('Wann öffnen Sie?')
      await model.says(question, { status: 500 })
      const assistant = await owner.addAssistant({})
      await owner.change(assistant, { greeting: null })
      const before: string[] = []
      page.on('request', (request) => before.push(request.url()))
      await visit({ variant, assistant, data: { locale: 'de-AT' } })
      await expect(page.getByRole('button', { name: 'Open chat' })).toBeVisible()
      expect(before.filter((url) => /[-/]de-[\w-]{8}\.js$/.test(url))).toEqual([])
      await page.getByRole('button', { name: 'Open chat' }).click()
      const panel = page.getByRole('dialog')
      await expect(panel).toHaveAttribute('lang', 'de-AT')
      await expect(panel).toContainText('Hallo! Wie kann ich helfen?')
      await panel.getByRole('textbox', { name: 'Nachricht' }).fill(question)
      await panel.getByRole('button', { name: 'Nachricht senden' }).click()
      await expect(panel.getByRole('alert')).toContainText('Der Assistent kann gerade nicht antworten')
      await panel.getByRole('button', { name: 'Unterhaltungen' }).click()
      await expect(panel.getByRole('list', { name: 'Unterhaltungen' }).getByRole('button')).toContainText('jetzt')
      await panel.getByRole('button', { name: 'Chat schließen' }).click()
      await expect(page.getByRole('button', { name: 'Chat öffnen' })).toBeFocused()
    },
  )

test('words that can’t be fetched leave English ones, and come with another opening', async ({ visit, page }) => {
  await page.route('**/panel-de-*', (route) => route.abort())
  const chat = await visit({ data: { locale: 'de' } })
  await page.evaluate(() =>
    document.addEventListener('loacl-error', (event) => {
      document.title = (event as CustomEvent<{ error: { code: string } }>).detail.error.code
    }),
  )
  await chat.open()
  await expect(chat.panel).toHaveAttribute('lang', 'en')
  await expect(page).toHaveTitle('network')
  // The launcher has the focus then, and fetches what is missing.
  await page.unroute('**/panel-de-*')
  await chat.close.click()
  await chat.launcher.click()
  await expect(chat.panel.getByRole('textbox', { name: 'Nachricht' })).toBeFocused()
})

test('the launcher’s own words can be given with the tag, and are those when the panel can’t be fetched', async ({
  visit,
  page,
}) => {
  await page.route(PANEL, (route) => route.abort())
  await visit({ data: { 'open-chat': 'Ouvrir', 'load-failed': 'Rien ne vient.' } })
  await page.getByRole('button', { name: 'Ouvrir' }).click()
  await expect(page.getByRole('alert')).toHaveText('Rien ne vient.')
  await page.unroute(PANEL)
  await page.getByRole('button', { name: 'Ouvrir' }).click()
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeFocused()
  await expect(page.getByRole('alert')).toBeHidden()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Ouvrir' })).toBeFocused()
})

/** Whether its text begins on the left and ends on the right: a full stop that has jumped to the left is an end. */
const runsLeftToRight = (element: Element): boolean => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  const first = texts.nextNode()!
  let last = first
  for (let next = texts.nextNode(); next; next = texts.nextNode()) last = next
  const [begin, end] = [new Range(), new Range()]
  begin.setStart(first, 0)
  begin.setEnd(first, 1)
  end.setStart(last, last.nodeValue!.length - 1)
  end.setEnd(last, last.nodeValue!.length)
  return begin.getBoundingClientRect().left < end.getBoundingClientRect().left
}

/** How far the panel's edge is from the launcher's; nought once it has come up. */
async function distanceOf(chat: Chat, edge: 'left' | 'right'): Promise<number> {
  const [launcher, panel] = [(await chat.launcher.boundingBox())!, (await chat.panel.boundingBox())!]
  return panel.x - launcher.x + (edge === 'right' ? panel.width - launcher.width : 0)
}

test('words in a script of the other direction turn the panel, and leave it beside its launcher', async ({ visit }) => {
  const chat = await visit({ variant: 'rtl' })
  await chat.open()
  expect(await chat.panel.evaluate(directionOf)).toBe('ltr')
  expect(await chat.composer.evaluate(directionOf)).toBe('ltr')
  await expect.poll(() => distanceOf(chat, 'left')).toBe(0)
})

test('a panel from right to left stays beside its launcher on the right', async ({ visit }) => {
  const chat = await visit({ data: { locale: 'ar' } })
  await chat.open()
  expect(await chat.panel.evaluate(directionOf)).toBe('rtl')
  await expect.poll(() => distanceOf(chat, 'right')).toBe(0)
})

test(
  'English among words from right to left ends with its full stop',
  { tag: '@local' },
  async ({ visit, model, owner }) => {
    const [slow, failing] = [unique('How long?'), unique('And then?')]
    await model.says(slow, { text: 'Long', holdAfter: 0 })
    await model.says(failing, { status: 500 })
    const name = `${unique('Harbour')} & Co.`
    const assistant = await owner.addAssistant({ name })
    const chat = await visit({ variant: 'rtl', assistant, data: { locale: 'ar' } })
    await chat.open()
    expect(await chat.composer.evaluate(directionOf)).toBe('ltr')
    expect(await chat.panel.getByRole('heading', { name }).evaluate(runsLeftToRight)).toBe(true)
    await chat.ask(slow)
    expect(await chat.log.getByText('is thinking').evaluate(runsLeftToRight)).toBe(true)
    await chat.stop.click()
    await chat.answered()
    expect(await chat.log.getByText('You stopped this answer.').evaluate(runsLeftToRight)).toBe(true)
    await chat.ask(failing)
    const said = chat.alert.locator('p')
    await expect(said).toHaveText(/^The assistant.*\.$/)
    await said.evaluate((element) => (element.style.whiteSpace = 'nowrap'))
    expect(await said.evaluate(runsLeftToRight)).toBe(true)
  },
)

test('words without end, emoji and every script stay in the panel', { tag: '@local' }, async ({ visit, model }) => {
  const question = `${unique('👩‍👩‍👧‍👦 ')}${'W'.repeat(400)}`
  await model.says(
    question,
    `${'x'.repeat(600)} https://harbour.example/${'y'.repeat(300)}\n\n| ${'a'.repeat(200)} | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`\n${'z'.repeat(500)}\n\`\`\``,
  )
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const overflow = await chat.log.evaluate((log) => log.scrollWidth - log.clientWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})

for (const locale of ['eo_XX', 'no such language'])
  test(`a language tag that is written wrong (${locale}) keeps nothing from working`, async ({ visit }) => {
    const chat = await visit({ data: { locale } })
    await chat.open()
    await chat.askAndWait(unique('Is anything broken?'))
    await chat.conversations.click()
    await expect(chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')).toHaveCount(1)
    await chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button').click()
    await chat.composer.fill('a'.repeat(20_000))
    await expect(chat.panel).toContainText('too long')
  })
