import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContextOptions, type Page } from '@playwright/test'
import { startLocalBackend } from './backend.ts'
import { Chat } from './chat.ts'
import { Model } from './model.ts'
import { Owner } from './owner.ts'
import { pageAddress, type PageOptions } from './pages.ts'
import type { Target } from './target.ts'

export interface Scene {
  chat: Chat
  page: Page
  /** Takes the picture, once nothing moves. */
  shoot: (name: string) => Promise<void>
}

export type Play = (scene: Scene) => Promise<void>

/** What pictures are taken with. */
export interface Stage {
  readonly target: Target
  readonly model: Model
  readonly owner: Owner
  /** Plays a scene in a browser of its own, where it is wanted. `prefix`: what the names of its pictures begin with. */
  scene(prefix: string, options: BrowserContextOptions, play: Play, variant?: string, data?: PageOptions): Promise<void>
  close(): Promise<void>
}

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
export const TABLET = { viewport: { width: 820, height: 1180 }, isMobile: true, hasTouch: true }

export async function openStage(
  folder: string = mkdtempSync(join(tmpdir(), 'loacl-screenshots-')),
  wantedScenes = '',
): Promise<Stage> {
  mkdirSync(folder, { recursive: true })
  const { target, stop } = await startLocalBackend()
  const owner = new Owner(target.local!.dbUrl, target.assistantId)
  const browser = await chromium.launch({
    executablePath: process.env.LOACL_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  })

  async function scene(
    prefix: string,
    options: BrowserContextOptions,
    play: Play,
    variant = 'plain',
    data: PageOptions = {},
  ): Promise<void> {
    if (!prefix.startsWith(wantedScenes)) return
    const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options })
    const page = await context.newPage()
    await page.goto(
      pageAddress(target.pagesOrigin, variant, {
        url: target.url,
        key: target.key,
        assistant: target.assistantId,
        ...data,
      }),
    )
    const shoot = async (name: string): Promise<void> => {
      await page.evaluate(() =>
        Promise.all(
          [document, document.querySelector('loacl-chat')!.shadowRoot!]
            .flatMap((root) => root.getAnimations())
            .filter(
              ({ effect, timeline }) =>
                effect?.getComputedTiming().iterations !== Infinity && timeline instanceof DocumentTimeline,
            )
            .map((animation) => animation.finished.catch(() => null)),
        ),
      )
      await page.screenshot({ path: join(folder, `${prefix}-${name}.png`) })
    }
    try {
      await play({ chat: new Chat(page), page, shoot })
    } catch (error) {
      console.error(`${prefix}: ${error instanceof Error ? error.message : String(error)}`)
      await page.screenshot({ path: join(folder, `${prefix}-BROKEN.png`) })
    }
    await context.close()
  }

  return {
    target,
    model: new Model(target.local!.modelControlUrl),
    owner,
    scene,
    async close() {
      await owner.leave()
      await browser.close()
      await stop()
    },
  }
}

/** What the browser's own setting of 24 pixels makes of it. */
export const inLargeText =
  (play: Play): Play =>
  async ({ page, ...rest }) => {
    const session = await page.context().newCDPSession(page)
    await session.send('Page.setFontSizes', { fontSizes: { standard: 24 } })
    await page.reload()
    await play({ page, ...rest })
  }
