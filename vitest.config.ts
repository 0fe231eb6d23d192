import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

// Functions are deployed apart from the workspace and name packages in their import maps; here aliases do the same.
const resolve = {
  alias: {
    '@loacl/mock-model': path('./packages/mock-model/src/index.ts'),
    '@loacl/sealing': path('./packages/sealing/src/index.ts'),
    '@loacl/tool-servers': path('./packages/tool-servers/src/index.ts'),
    '@loacl/wire': path('./packages/wire/src/index.ts'),
  },
}
const stackTests = ['**/*.stack.test.ts', 'supabase/tests/**/*.test.ts']
const never = ['**/node_modules/**', '**/dist/**', 'e2e/**']

const LONGEST = /\/npm_start\.stack\.test\.ts$/

const isLongest = ({ moduleId }: TestSpecification): number => Number(LONGEST.test(moduleId))

/** Begins with the file that takes longest: at the end it would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files)
    return sorted.toSorted((a, b) => isLongest(b) - isLongest(a))
  }
}

export default defineConfig({
  resolve,
  test: {
    sequence: { sequencer: LongestFirst },
    // A second, as Vitest has it, is short where several workers, a database and functions share two cores.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Vitest would leave a core to itself, of two the half.
          maxWorkers: availableParallelism(),
          // For what computes on a busy machine. None waits for a time.
          testTimeout: 20_000,
          include: ['packages/**/*.test.{ts,tsx}', 'supabase/functions/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: [...never, ...stackTests],
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          // Each has a Supabase of its own. Vitest would leave a core to itself, of two the half.
          maxWorkers: Math.min(availableParallelism(), 4),
          include: stackTests,
          exclude: never,
          globalSetup: './packages/local/test/global-setup.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
