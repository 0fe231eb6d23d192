import { type BrowserContext, type Page } from '@playwright/test'
import { type Accounts, createAccounts } from '../support/accounts.ts'
import { type Chat } from '../support/chat.ts'
import { expect, goTo, test as base, unique } from '../support/fixtures.ts'

interface Fixtures {
  /** An assistant that takes identity tokens. */
  assistant: string
  accounts: Accounts
}

/** The widget's one global, as far as it is used here. */
interface Host {
  loacl: { (...command: unknown[]): void; get(): { identify(credential: object): Promise<void> } }
}

const test = base.extend<Fixtures>({
  assistant: async ({ owner }, use) => use(await owner.addAssistant({ questions: ['Where is my order?'] })),
  accounts: async ({ target, assistant }, use) => use(await createAccounts(target, assistant)),
})

/** What the page asks of the widget before its script has come, on this page and on those after it. */
const queue = (page: Page, ...commands: unknown[][]): Promise<unknown> =>
  page.addInitScript((q) => {
    Object.assign(window, { loacl: Object.assign((...command: unknown[]) => void q.push(command), { q }) })
  }, commands)

const call = (page: Page, ...command: unknown[]): Promise<unknown> =>
  page.evaluate(
    (given) => void (window as unknown as { loacl: (...given: unknown[]) => void }).loacl(...given),
    command,
  )

/** All that the browser keeps for the page, of all tabs' and of this one. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]))

const tokenOn = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => Object.values(localStorage).find((value) => /^[\w-]{43}$/.test(value)))

const signedOut = (page: Page): Promise<unknown> =>
  page.waitForResponse((response) => response.url().endsWith('/chat/sign-out') && response.ok())

/** An empty chat, and no earlier conversation to go back to. */
async function expectNewcomer(chat: Chat): Promise<void> {
  await expect(chat.questions).toBeVisible()
  await expect(chat.composer).toHaveValue('')
  await expect(chat.log.getByRole('article')).toHaveCount(0)
  await chat.conversations.click()
  await expect(chat.panel.getByText('No conversations yet.')).toBeVisible()
  await expect(chat.panel.getByRole('listitem')).toHaveCount(0)
  await chat.conversations.click()
  await expect(chat.composer).toBeVisible()
}

/** Lets the page's `auth` be answered by `credential`. */
const answerAuth = (context: BrowserContext, credential: () => object | null): Promise<unknown> =>
  context.exposeFunction('credential', credential)

test(
  'a person whom the page names before the script has come finds their conversations on each device',
  { tag: '@local' },
  async ({ page, visit, newVisitor, pageUrl, assistant, accounts }) => {
    const question = unique('Where is my parcel?')
    await queue(page, ['identify', { identityToken: accounts.tokenOf('ada') }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(question)

    const elsewhere = await (await newVisitor()).newPage()
    await queue(elsewhere, ['identify', { identityToken: accounts.tokenOf('ada') }])
    const later = await goTo(elsewhere, pageUrl({ assistant }))
    await later.open()
    await expect(later.message(question)).toBeVisible()
  },
)

test(
  'who signs out where only the launcher is drawn leaves nothing to the next visitor',
  { tag: '@local' },
  async ({ page, context, visit, pageUrl, assistant, accounts, target }) => {
    const [question, draft] = [unique('Where is my parcel?'), unique('My address is')]
    const chat = await visit({ assistant })
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    await chat.open()
    await chat.askAndWait(question)
    await chat.composer.fill(draft)
    await page.reload()
    const token = (await tokenOn(page))!
    const threadsOf = async (session: string): Promise<unknown[]> => {
      const response = await fetch(`${target.url}/rest/v1/rpc/list_threads`, {
        method: 'POST',
        headers: {
          apikey: target.key,
          'content-type': 'application/json',
          'content-profile': 'loacl',
          'x-loacl-session': session,
        },
        body: JSON.stringify({ assistant_id: assistant }),
      })
      return ((await response.json()) as { items?: unknown[] }).items ?? []
    }
    expect(await kept(page)).toContain(draft)
    expect(await threadsOf(token)).toHaveLength(1)

    const done = signedOut(page)
    await call(page, 'signOut')
    await done
    await expect(chat.panel).toBeHidden()
    expect(await kept(page)).not.toContain(token)
    expect(await kept(page)).not.toContain(draft)
    expect(await threadsOf(token)).toEqual([])

    await chat.open()
    await expectNewcomer(chat)
    await page.reload()
    await chat.open()
    await expectNewcomer(chat)
    const tab = await goTo(await context.newPage(), pageUrl({ assistant }))
    await tab.open()
    await expectNewcomer(tab)
  },
)

test(
  'who signs out with the chat open sees it empty at once',
  { tag: '@local' },
  async ({ page, visit, assistant, accounts }) => {
    const question = unique('Where is my parcel?')
    const chat = await visit({ assistant })
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    await chat.open()
    await chat.askAndWait(question)
    await chat.composer.fill('My address is')
    await call(page, 'signOut')
    await expectNewcomer(chat)
    await chat.askAndWait(unique('Who am I now?'))
    await chat.conversations.click()
    await expect(chat.panel.getByRole('listitem')).toHaveCount(1)
  },
)

test(
  'with auth a person is known on each device, and signed out once the page knows nobody',
  { tag: '@local' },
  async ({ page, context, visit, newVisitor, pageUrl, assistant, accounts }) => {
    const question = unique('Where is my parcel?')
    const ada = () => ({ identityToken: accounts.tokenOf('ada') })
    let user: (() => object) | null = ada
    await answerAuth(context, () => user?.() ?? null)
    const chat = await visit({ variant: 'accounts', assistant })
    await chat.open()
    await chat.askAndWait(question)
    const token = (await tokenOn(page))!

    const other = await newVisitor()
    await answerAuth(other, ada)
    const elsewhere = await goTo(await other.newPage(), pageUrl({ variant: 'accounts', assistant }))
    await elsewhere.open()
    await expect(elsewhere.message(question)).toBeVisible()

    user = null
    await page.reload()
    await chat.open()
    await expectNewcomer(chat)
    expect(await kept(page)).not.toContain(token)
  },
)

test(
  'a second person on the same device sees nothing of the first, who finds it all again',
  { tag: '@local' },
  async ({ page, context, visit, assistant, accounts }) => {
    const [hers, his] = [unique('Where is my parcel?'), unique('Where is my bill?')]
    let user = 'ada'
    await answerAuth(context, () => ({ identityToken: accounts.tokenOf(user) }))
    const chat = await visit({ variant: 'accounts', assistant })
    await chat.open()
    await chat.askAndWait(hers)
    await chat.composer.fill('My address is')

    user = 'bob'
    await page.reload()
    await chat.open()
    await expectNewcomer(chat)
    await chat.askAndWait(his)

    // By a call, and with the chat open.
    await page.evaluate((credential) => (window as unknown as Host).loacl.get().identify(credential), {
      identityToken: accounts.tokenOf('ada'),
    })
    await expect(chat.message(his)).toBeHidden()
    await chat.conversations.click()
    await expect(chat.panel.getByRole('listitem')).toHaveCount(1)
    await chat.panel.getByRole('listitem').getByRole('button').click()
    await expect(chat.message(hers)).toBeVisible()
    await expect(chat.log).not.toContainText(his)
  },
)

test(
  'a call that waited for the panel and fails is told by the error event',
  { tag: '@local' },
  async ({ page, visit, assistant, accounts }) => {
    await queue(page, ['identify', { identityToken: accounts.tokenOf('ada', -60) }])
    const chat = await visit({ assistant })
    await page.evaluate(() => {
      const codes: string[] = []
      addEventListener('loacl-error', (event) =>
        codes.push((event as CustomEvent<{ error: { code: string } }>).detail.error.code),
      )
      Object.assign(window, { codes })
    })
    await chat.open()
    await expect
      .poll(() => page.evaluate(() => (window as unknown as { codes: string[] }).codes))
      .toEqual(['identity_token_expired'])
    await chat.askAndWait(unique('Does it work for guests?'))
  },
)

test(
  'signing out without a connection forgets the person here, and tells the page, not the visitor',
  { tag: '@local' },
  async ({ page, visit, assistant, accounts }) => {
    const chat = await visit({ assistant })
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    await chat.open()
    await chat.askAndWait(unique('Where is my parcel?'))
    const token = (await tokenOn(page))!
    await page.route('**/chat/sign-out', (route) => route.abort())
    const error = page.evaluate(
      () =>
        new Promise((resolve) =>
          addEventListener('loacl-error', (event) =>
            resolve((event as CustomEvent<{ error: { code: string } }>).detail.error.code),
          ),
        ),
    )
    await call(page, 'signOut')
    expect(await error).toBe('network')
    await expectNewcomer(chat)
    expect(await kept(page)).not.toContain(token)
    await expect(page.getByText('The chat did not load.')).toHaveCount(0)
  },
)

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
    await page.route('**/chat/identify', async (route) => {
      const response = await route.fetch()
      await answered
      await route.fulfill({ response })
    })
    const asked = page.waitForRequest('**/chat/identify')
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
