import { type Page } from '@playwright/test'
import { call, expectNewcomer, test } from '../support/account_fixtures.ts'
import { expect, unique } from '../support/fixtures.ts'

interface Host {
  loacl: { get(): { client: Record<'signOut' | 'eraseData', () => Promise<void>> } }
}

/** What the page does with the widget's own client. */
const byClient = (page: Page, name: 'signOut' | 'eraseData'): Promise<void> =>
  page.evaluate((method) => (window as unknown as Host).loacl.get().client[method](), name)

for (const name of ['signOut', 'eraseData'] as const)
  test(
    `${name} of the page’s own, while the chat is open, begins it anew`,
    { tag: '@local' },
    async ({ page, visit, assistant, accounts }) => {
      const question = unique('Where is my parcel?')
      const chat = await visit({ assistant })
      await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
      await chat.open()
      await chat.askAndWait(question)
      await byClient(page, name)
      await expectNewcomer(chat)
      await chat.askAndWait(unique('Who am I now?'))
    },
  )

test('and leads back from the list of conversations', { tag: '@local' }, async ({ page, visit, assistant }) => {
  const chat = await visit({ assistant })
  await chat.open()
  await chat.askAndWait(unique('Where is my parcel?'))
  await chat.conversations.click()
  await expect(chat.panel.getByRole('listitem')).toHaveCount(1)
  await byClient(page, 'eraseData')
  await expectNewcomer(chat)
})

test(
  'a closed chat asks for nothing until it is opened again',
  { tag: '@local' },
  async ({ page, visit, assistant }) => {
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(unique('Where is my parcel?'))
    await chat.close.click()
    const opened: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('open_session')) opened.push(request.url())
    })
    await byClient(page, 'signOut')
    expect(opened).toEqual([])
    await chat.open()
    await expectNewcomer(chat)
    expect(opened).toHaveLength(1)
  },
)
