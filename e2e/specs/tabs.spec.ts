import { call, expectNewcomer, queue, test } from '../support/account_fixtures.ts'
import { expect, goTo, unique } from '../support/fixtures.ts'

test(
  'who signs out in one tab has the conversation taken from the screen of the other',
  { tag: '@local' },
  async ({ page, context, visit, pageUrl, assistant, accounts }) => {
    const question = unique('Where is my parcel?')
    const chat = await visit({ assistant })
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    await chat.open()
    await chat.askAndWait(question)
    const tab = await goTo(await context.newPage(), pageUrl({ assistant }))
    await tab.open()
    await expect(tab.message(question)).toBeVisible()
    await call(page, 'signOut')
    await expectNewcomer(tab)
    await tab.askAndWait(unique('Who am I now?'))
  },
)

test(
  'a guest with two tabs who signs in by one goes on in both',
  { tag: '@local' },
  async ({ page, context, visit, newVisitor, pageUrl, assistant, accounts }) => {
    const questions = [unique('Where is my parcel?'), unique('And my bill?'), unique('And my card?')] as const
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(questions[0])
    const tab = await goTo(await context.newPage(), pageUrl({ assistant }))
    await tab.open()
    // Who writes before it has come begins another one.
    await expect(tab.message(questions[0])).toBeVisible()
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    // On its way while the other tab's token is replaced, or just after.
    await tab.askAndWait(questions[1])
    await chat.askAndWait(questions[2])

    const elsewhere = await (await newVisitor()).newPage()
    await queue(elsewhere, ['identify', { identityToken: accounts.tokenOf('ada') }])
    const later = await goTo(elsewhere, pageUrl({ assistant }))
    await later.open()
    for (const question of questions) await expect(later.message(question)).toBeVisible()
  },
)

test(
  'what a visitor asks while it is not yet known who they are is found again as theirs',
  { tag: '@local' },
  async ({ page, visit, assistant, accounts }) => {
    const question = unique('Where is my parcel?')
    const chat = await visit({ assistant })
    await chat.open()
    let answer!: () => void
    const answered = new Promise<void>((resolve) => (answer = resolve))
    await page.route('**/loacl-chat/identify', async (route) => {
      const response = await route.fetch()
      await answered
      await route.fulfill({ response })
    })
    const asked = page.waitForRequest('**/loacl-chat/identify')
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    await asked
    await chat.ask(question)
    answer()
    await chat.answered()
    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toBeVisible()
  },
)
