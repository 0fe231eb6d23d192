import type { Locator, Page } from '@playwright/test'
import type { Chat } from './chat.ts'
import type { TestFile } from './files.ts'
import { expect, test as base } from './fixtures.ts'
import type { AssistantChanges } from './owner.ts'

export { expect, goTo, unique } from './fixtures.ts'

const TYPES = ['image/png', 'image/jpeg', 'application/pdf', 'text/plain', 'text/markdown', 'text/csv']

/** Where the bytes of an upload go. */
export const UPLOADS = '**/storage/v1/object/upload/sign/**'

/** A chat whose assistant takes files, as its visitor knows it. */
export class Attaching {
  readonly chat: Chat
  readonly page: Page
  readonly assistant: string
  readonly button: Locator
  /** What goes with the draft. */
  readonly place: Locator
  readonly rows: Locator
  /** Files of messages. */
  readonly sent: Locator
  /** What is said. */
  readonly status: Locator

  constructor(chat: Chat, assistant: string) {
    this.chat = chat
    this.page = chat.page
    this.assistant = assistant
    this.button = chat.panel.getByRole('button', { name: 'Attach files' })
    this.place = chat.panel.locator('.attachments')
    this.rows = this.place.getByRole('list', { name: 'Attachments' }).getByRole('listitem')
    this.sent = chat.log.getByRole('list', { name: 'Attachments' }).getByRole('listitem')
    this.status = chat.panel.getByRole('status')
    // From now on: an event that is waited for only before a press may come too late for it.
    chat.page.on('filechooser', () => {})
  }

  row(name: string): Locator {
    return this.rows.filter({ hasText: name })
  }

  async choose(...files: TestFile[]): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser')
    await this.button.click()
    await (await chooser).setFiles(files)
  }

  /** Chooses files for an empty composer, and waits until they are uploaded. */
  async attach(...files: TestFile[]): Promise<void> {
    await this.choose(...files)
    await this.uploaded(files.length)
  }

  async uploaded(count: number): Promise<void> {
    await expect(this.rows).toHaveCount(count)
    await expect(this.place.getByRole('button', { name: /^Remove / })).toHaveCount(count)
    await expect(this.place.locator('.failed')).toHaveCount(0)
  }

  /** What can be pressed at a file of the draft. */
  press(what: string, name: string): Locator {
    return this.place.getByRole('button', { name: `${what} \u2068${name}\u2069` })
  }

  /** What can be pressed at a file of a message. */
  file(name: string): Locator {
    return this.sent.filter({ hasText: name }).getByRole('button')
  }
}

export interface SentBody {
  text: string
  files?: string[]
}

/** What goes with each message from now on. */
export function watchSent(page: Page): SentBody[] {
  const bodies: SentBody[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/turns')) bodies.push(request.postDataJSON() as SentBody)
  })
  return bodies
}

/** Holds uploads until they are let go. */
export async function holdUploads(page: Page): Promise<() => void> {
  let letGo!: () => void
  const held = new Promise<void>((resolve) => (letGo = resolve))
  await page.route(UPLOADS, async (route) => {
    await held
    // It may have been cancelled.
    await route.continue().catch(() => {})
  })
  return letGo
}

/** Whether something is drawn in it. */
export const isDrawn = (row: Locator): Promise<boolean> =>
  row.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return data.some((value) => value > 0)
  })

interface Where {
  variant?: string
  data?: Record<string, string>
}

export const test = base.extend<{
  /** Visits a page whose assistant takes files, and opens its chat. */
  attaching: (changes?: AssistantChanges, where?: Where) => Promise<Attaching>
}>({
  attaching: async ({ visit, owner }, use) =>
    use(async (changes, where = {}) => {
      const assistant = await owner.addAssistant({ fileTypes: TYPES, ...changes })
      const chat = await visit({ assistant, ...where })
      await chat.launcher.click()
      await expect(chat.panel.locator('.attach')).toBeVisible()
      return new Attaching(chat, assistant)
    }),
})
