import base from '../playwright.config.ts'

export default {
  ...base,
  testDir: '.',
  globalSetup: '../support/global-setup.ts',
  outputDir: './test-results',
  timeout: 180_000,
}
