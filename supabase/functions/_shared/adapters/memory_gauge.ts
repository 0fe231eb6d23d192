/** The part of Deno that says how much a worker holds. */
export interface MemoryReader {
  memoryUsage?: () => { heapUsed: number; external: number }
}

/** Bytes of the heap and beside it, as a platform counts them against a worker's limit; `null` where it doesn't say. */
export const createMemoryGauge = (platform: MemoryReader) => (): number | null => {
  try {
    const usage = platform.memoryUsage?.()
    return usage ? usage.heapUsed + usage.external : null
  } catch {
    // A platform that has the method and doesn't let a function use it.
    return null
  }
}
