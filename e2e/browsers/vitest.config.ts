import { defineConfig } from 'vitest/config'
import { BrowserReporter } from './report.ts'

const BROWSERS = ['firefox', 'webkit', 'chromium'] as const

declare module 'vitest' {
  export interface ProvidedContext {
    browser: (typeof BROWSERS)[number]
  }
}

// Every story in every browser: each is a project of its own. `--project webkit` runs those of one.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    globalSetup: '../support/global-setup.ts',
    reporters: ['verbose', new BrowserReporter()],
    // On a slow machine, and a browser's start counts.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
    projects: BROWSERS.map((browser) => ({
      extends: true,
      test: { name: browser, include: ['stories/*.test.ts'], provide: { browser } },
    })),
  },
})
