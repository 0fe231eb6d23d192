import { type Page } from '@playwright/test'
import { type Accounts, createAccounts } from './accounts.ts'
import { type Chat } from './chat.ts'
import { expect, test as base } from './fixtures.ts'

interface Fixtures {
  /** An assistant that takes identity tokens. */
  assistant: string
  accounts: Accounts
}

export const test = base.extend<Fixtures>({
  assistant: async ({ owner }, use) => use(await owner.addAssistant({ questions: ['Where is my order?'] })),
  accounts: async ({ target, assistant }, use) => use(await createAccounts(target, assistant)),
})

/** What the page asks of the widget before its script has come, on this page and on those after it. */
export const queue = (page: Page, ...commands: unknown[][]): Promise<unknown> =>
  page.addInitScript((q) => {
    Object.assign(window, { loacl: Object.assign((...command: unknown[]) => void q.push(command), { q }) })
  }, commands)

export const call = (page: Page, ...command: unknown[]): Promise<unknown> =>
  page.evaluate(
    (given) => void (window as unknown as { loacl: (...given: unknown[]) => void }).loacl(...given),
    command,
  )

/** An empty chat, and no earlier conversation to go back to. */
export async function expectNewcomer(chat: Chat): Promise<void> {
  await expect(chat.questions).toBeVisible()
  await expect(chat.composer).toHaveValue('')
  await expect(chat.log.getByRole('article')).toHaveCount(0)
  await chat.conversations.click()
  await expect(chat.panel.getByText('No conversations yet.')).toBeVisible()
  await expect(chat.panel.getByRole('listitem')).toHaveCount(0)
  await chat.conversations.click()
  await expect(chat.composer).toBeVisible()
}
