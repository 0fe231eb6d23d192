import { type BrowserContext, type Page } from '@playwright/test'
import { call, expectNewcomer, queue, test } from '../support/account_fixtures.ts'
import { expect, goTo, unique } from '../support/fixtures.ts'

/** The widget's one global, as far as it is used here. */
interface Host {
  loacl: { (...command: unknown[]): void; get(): { identify(credential: object): Promise<void> } }
}

/** All that the browser keeps for the page, of all tabs' and of this one. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]))

const tokenOn = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => Object.values(localStorage).find((value) => /^[\w-]{43}$/.test(value)))

const signedOut = (page: Page): Promise<unknown> =>
  page.waitForResponse((response) => response.url().endsWith('/loacl-chat/sign-out') && response.ok())

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
    await chat.close.click()
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
    await page.route('**/loacl-chat/sign-out', (route) => route.abort())
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
