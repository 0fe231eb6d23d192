import { MODERATED_WORDS } from '@loacl/mock-model'
import { expect, goTo, test, unique } from '../support/fixtures.ts'

const { flagged, failed } = MODERATED_WORDS
const WITHDRAWN = /This answer was withdrawn/
const LONG = 'The harbour opens at six and closes when the last ferry has gone, which is late in summer. '.repeat(14)

test(
  'a message that is flagged gets words for an answer, stays to be read, and is told no model',
  { tag: '@local' },
  async ({ visit, model, owner, page }) => {
    const assistant = await owner.addAssistant({ moderatesInput: true })
    const question = unique(`Say something ${flagged}.`)
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(chat.alert).toContainText('This can’t be answered here')
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.composer).toBeEnabled()
    expect(await model.calls(question)).toEqual([])

    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.panel).toContainText('This can’t be answered here')

    const next = unique('When does it open?')
    await chat.askAndWait(next)
    expect(await model.calls(next)).toMatchObject([{ history: [] }])
  },
)

test(
  'an answer that is flagged while it comes vanishes in each tab, and is announced as withdrawn',
  { tag: '@local' },
  async ({ context, visit, pageUrl, model, owner, page }) => {
    const assistant = await owner.addAssistant({ moderatesOutput: true })
    const question = unique('When does the harbour open?')
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(unique('Hello?'))
    await model.says(question, { text: `${LONG}It is ${flagged}.`, holdAfter: 400 })
    await chat.ask(question)
    await expect(chat.log).toContainText('The harbour opens at six')
    const other = await goTo(await context.newPage(), pageUrl({ assistant }))
    await other.open()
    await expect(other.log).toContainText('The harbour opens at six')

    await model.says(question, { text: `${LONG}It is ${flagged}.` })
    for (const each of [chat, other]) {
      // An alert: assistive technology reads it out.
      await expect(each.alert).toContainText(WITHDRAWN)
      await expect(each.log).not.toContainText('The harbour opens at six')
      await expect(each.message(question)).toBeVisible()
      await expect(each.composer).toBeEnabled()
    }
    expect(await owner.readAnswerTo(question)).not.toMatch(/harbour opens|unspeakable/)

    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.panel).toContainText(WITHDRAWN)
    await expect(chat.log).not.toContainText('The harbour opens at six')

    await model.says(question, LONG)
    await chat.retry.click()
    await expect(chat.log).toContainText('The harbour opens at six')
    await chat.answered()
    await expect(chat.panel).not.toContainText(WITHDRAWN)
  },
)

test(
  'an answer that is flagged at its end vanishes, with no title and no follow-ups',
  { tag: '@local' },
  async ({ visit, model, owner, newVisitor, pageUrl }) => {
    const assistant = await owner.addAssistant({ moderatesOutput: true })
    const question = unique('What is it?')
    await model.says(question, { text: `It is ${flagged}.` })
    const chat = await visit({ assistant, data: { locale: 'de' } })
    await chat.launcher.click()
    await chat.panel.getByRole('textbox').fill(question)
    await chat.panel.getByRole('textbox').press('Enter')
    await expect(chat.alert).toContainText('Diese Antwort wurde zurückgezogen')
    await expect(chat.panel).not.toContainText(flagged)
    await expect(chat.followUps).toBeHidden()
    expect(await owner.readAnswerTo(question)).not.toContain(flagged)

    // Nor did another visitor's assistant become stricter.
    const page = await (await newVisitor()).newPage()
    const unmoderated = await goTo(page, pageUrl())
    await unmoderated.open()
    await unmoderated.askAndWait(question)
    await expect(unmoderated.log).toContainText(flagged)
  },
)

test(
  'what can’t be checked is not answered, and another try succeeds',
  { tag: '@local' },
  async ({ visit, model, owner }) => {
    const assistant = await owner.addAssistant({ moderatesInput: true })
    const question = unique(`Is this ${failed}?`)
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(chat.alert).toContainText('This couldn’t be checked')
    expect(await model.calls(question)).toEqual([])
    await owner.change(assistant, { moderatesInput: false })
    await chat.retry.click()
    await chat.answered()
    await expect(chat.alert).toBeHidden()
    expect(await model.calls(question)).toHaveLength(1)
  },
)
