import { defineConfig } from '@playwright/test'

// With LOACL_E2E_URL, LOACL_E2E_KEY and LOACL_E2E_ASSISTANT the suite runs against that Supabase project. What needs
// to prepare or break the backend (@local) is then left out.
const ownProject = process.env.LOACL_E2E_URL !== undefined

export default defineConfig({
  testDir: './specs',
  testMatch: '*.spec.ts',
  outputDir: './test-results',
  globalSetup: './support/global-setup.ts',
  fullyParallel: true,
  forbidOnly: true,
  // More than the cores: each waits now and then, for a model or for a page.
  workers: 3,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ?? 'test-results/report.json' }]],
  ...(ownProject ? { grepInvert: /@local/ } : {}),
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.LOACL_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
