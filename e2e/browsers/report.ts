import { type Reporter, type TestCase } from 'vitest/node'

/** Ends the run with a line for each browser: its version, and how many of its tests passed. */
export class BrowserReporter implements Reporter {
  readonly #counts = new Map<string, { browser: string; passed: number; failed: number }>()

  onTestCaseResult(test: TestCase): void {
    const { name } = test.project
    const count = this.#counts.get(name) ?? { browser: name, passed: 0, failed: 0 }
    this.#counts.set(name, count)
    count.browser = test.meta().browser ?? count.browser
    const { state } = test.result()
    if (state === 'passed' || state === 'failed') count[state]++
  }

  onTestRunEnd(): void {
    for (const { browser, passed, failed } of this.#counts.values())
      console.log(`${failed > 0 ? '✗' : '✓'} ${browser}: ${passed} passed, ${failed} failed`)
  }
}
