import { expect, type Locator, type Page } from '@playwright/test'

/** The widget as its visitor knows it: by roles and names. The launcher's name says what it does, so it goes by its part. */
export class Chat {
  readonly page: Page
  readonly launcher: Locator
  readonly panel: Locator
  readonly composer: Locator
  readonly send: Locator
  readonly stop: Locator
  readonly newChat: Locator
  readonly conversations: Locator
  readonly close: Locator
  readonly log: Locator
  readonly questions: Locator
  readonly followUps: Locator
  readonly alert: Locator
  readonly retry: Locator

  /** `root` is what is searched: the page, or one widget of several. */
  constructor(page: Page, root: Page | Locator = page) {
    this.page = page
    this.launcher = root.locator('[part=launcher]')
    this.panel = root.getByRole('dialog')
    this.composer = this.panel.getByRole('textbox', { name: 'Message' })
    this.send = this.panel.getByRole('button', { name: 'Send message' })
    this.stop = this.panel.getByRole('button', { name: 'Stop answering' })
    this.newChat = this.panel.getByRole('button', { name: 'New chat' })
    this.conversations = this.panel.getByRole('button', { name: 'Conversations' })
    this.close = this.panel.getByRole('button', { name: 'Close chat' })
    this.log = this.panel.getByRole('log', { name: 'Conversation' })
    this.questions = this.panel.getByRole('group', { name: 'Suggested questions' })
    this.followUps = this.panel.getByRole('group', { name: 'Follow-up questions' })
    this.alert = this.panel.getByRole('alert')
    this.retry = this.panel.getByRole('button', { name: 'Try again' })
  }

  /** Opens the panel, where it does not open by itself as on the page before, and waits until a message can be written. */
  async open(): Promise<void> {
    const reopens = await this.page.evaluate(() => {
      try {
        return (
          Object.keys(sessionStorage).some((key) => /^loacl(?!:)/.test(key)) &&
          !matchMedia('(max-width: 480px), (max-height: 480px)').matches
        )
      } catch {
        // Blocked: nothing is known of the page before.
        return false
      }
    })
    if (!reopens) await this.launcher.click()
    await expect(this.composer).toBeVisible()
  }

  async ask(text: string): Promise<void> {
    await this.composer.fill(text)
    const touch = await this.page.evaluate(() => matchMedia('(pointer: coarse)').matches)
    if (touch) await this.send.tap()
    else await this.composer.press('Enter')
    await expect(this.message(text)).toBeVisible()
  }

  /** Asks, and waits until the answer is whole. */
  async askAndWait(text: string): Promise<void> {
    await this.ask(text)
    await this.answered()
  }

  /** The composer is free again: no answer is running. */
  async answered(): Promise<void> {
    await expect(this.send).toBeVisible({ timeout: 20_000 })
    await expect(this.stop).toBeHidden()
  }

  /** A message in the conversation that has this text. */
  message(text: string): Locator {
    return this.log.getByText(text, { exact: true })
  }
}
