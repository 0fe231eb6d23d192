import { clientRuntime } from 'virtual:client-runtime'
import { fetchFile } from './fetch_file.ts'

let attempts = 0
let fetching: Promise<unknown> | null = null

/** What that file fetches in its turn, in the same way: it takes the place of core's own `fetch_actions.ts`. */
export async function fetchActions(): Promise<unknown> {
  try {
    return await (fetching ??= callActions())
  } catch (error) {
    fetching = null
    throw error
  }
}

const callActions = async (): Promise<unknown> => (await fetchFile('actions', attempts++)).default(clientRuntime)
