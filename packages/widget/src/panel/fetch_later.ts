import { fetchFile } from './fetch_file.ts'

/** Fetches a file once, and again where that failed. */
export function fetchLater(name: string): () => Promise<unknown> {
  let attempts = 0
  let fetching: Promise<unknown> | null = null
  return async () => {
    try {
      return await (fetching ??= fetchFile(name, attempts++))
    } catch (error) {
      fetching = null
      throw error
    }
  }
}
