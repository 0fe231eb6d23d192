// By way of this file, for the linter takes an `expect` of Vitest's own in a helper for one that no test runs.
export { expect } from 'vitest'
