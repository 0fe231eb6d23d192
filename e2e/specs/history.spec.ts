import { goTo, expect, test, unique } from '../support/fixtures.ts'

test('a reload brings the conversation back', async ({ visit, page }) => {
  const question = unique('What is this site about?')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const before = await chat.log.innerText()

  await page.reload()
  await chat.open()
  await expect(chat.message(question)).toBeVisible()
  const answer = before
    .slice(before.indexOf(question) + question.length)
    .trim()
    .slice(-40)
  await expect.poll(() => chat.log.innerText()).toContain(answer.split('\n')[0])
})

test('who scrolls and turns to the list of conversations at once disturbs nothing', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Can I scroll here?'))
  const log = (await chat.log.elementHandle())!
  await chat.conversations.click()
  await expect(chat.log).toBeHidden()
  // As the browser tells of a scroll: in the frame after it.
  await log.evaluate((box) => box.dispatchEvent(new Event('scroll')))
  await page.reload()
})

test(
  'New chat begins another conversation, and the earlier ones are listed',
  { tag: '@local' },
  async ({ visit, model }) => {
    const [first, second] = [unique('Do you sell bells?'), unique('Do you sell locks?')]
    await model.says(first, { text: 'Bells, yes.', title: 'Brass bells' })
    await model.says(second, { text: 'Locks, yes.', title: 'Steel locks' })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    await chat.newChat.click()
    await expect(chat.message(first)).toBeHidden()
    await expect(chat.composer).toBeFocused()
    await expect(chat.questions).toBeVisible()
    await chat.askAndWait(second)
    expect((await model.calls(second))[0]?.history).toEqual([])

    await chat.conversations.click()
    await expect(chat.panel.getByRole('button', { name: 'Steel locks' })).toBeVisible()
    await chat.panel.getByRole('button', { name: 'Brass bells' }).click()
    await expect(chat.message(first)).toBeVisible()
    await expect(chat.message('Bells, yes.')).toBeVisible()
    await expect(chat.message(second)).toBeHidden()

    const more = unique('And horns?')
    await chat.askAndWait(more)
    expect((await model.calls(more))[0]?.history.map(({ content }) => content)).toEqual([first, 'Bells, yes.'])
  },
)

test(
  'a conversation without a title goes by its first words, or as a new one',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Tell me about knots.')
    await model.says(question, { text: 'A bowline is the first to learn.', holdAfter: 3 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('A bow')
    await chat.stop.click()
    await chat.answered()
    await chat.newChat.click()
    await chat.conversations.click()
    const rows = chat.panel.getByRole('list', { name: 'Conversations' }).getByRole('button')
    await expect(rows).toHaveText([new RegExp(`^${question.slice(0, 20)}.*\\)now`)])
    await page.reload()
    await chat.open()
    await chat.conversations.click()
    await expect(rows).toHaveText([/^New conversation(now|1 minute ago)/])
  },
)

test('a new browser sees nothing of it', async ({ visit, newVisitor, pageUrl }) => {
  const question = unique('Remember the word anchor.')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)

  const context = await newVisitor()
  const other = await goTo(await context.newPage(), pageUrl())
  await other.open()
  await expect(other.questions).toBeVisible()
  await expect(other.log).not.toContainText('anchor')
  await other.conversations.click()
  await expect(other.panel).toContainText('No conversations yet')
})

test('two visitors at once see only their own', async ({ visit, newVisitor, pageUrl }) => {
  const [mine, theirs] = [unique('What opens at nine?'), unique('What closes at six?')]
  const chat = await visit()
  const other = await goTo(await (await newVisitor()).newPage(), pageUrl())
  await Promise.all([chat.open(), other.open()])
  await Promise.all([chat.askAndWait(mine), other.askAndWait(theirs)])
  await expect(chat.log).not.toContainText(theirs)
  await expect(other.log).not.toContainText(mine)

  for (const [visitor, question] of [
    [chat, mine],
    [other, theirs],
  ] as const) {
    await visitor.page.reload()
    await visitor.open()
    await expect(visitor.message(question)).toBeVisible()
    await expect(visitor.log).not.toContainText(question === mine ? theirs : mine)
  }
})

test('a second tab of the same visitor has the same conversations', async ({ visit, context, pageUrl }) => {
  const question = unique('Is there a slipway?')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const tab = await goTo(await context.newPage(), pageUrl())
  await tab.open()
  await expect(tab.message(question)).toBeVisible()
})
