import { clientRuntime } from 'virtual:client-runtime'
import { fetchFile } from './fetch_file.ts'

/** Fetches a part of the client by the name of its file, once; anew where that has failed. */
export function fetchPart(name: string): () => Promise<unknown> {
  let attempts = 0
  let fetching: Promise<unknown> | null = null
  const callPart = async (): Promise<unknown> => (await fetchFile(name, attempts++)).default(clientRuntime)
  return async () => {
    try {
      return await (fetching ??= callPart())
    } catch (error) {
      fetching = null
      throw error
    }
  }
}
