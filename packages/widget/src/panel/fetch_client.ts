import { clientRuntime } from 'virtual:client-runtime'
import { fetchFile } from './fetch_file.ts'

let attempts = 0
let fetching: Promise<unknown> | null = null

/**
 * What the client fetches when it is first used. In the build of the panel this file takes the place of core's own
 * `fetch_on_demand.ts`, whose `import()` would make the bundler choose the file's name and ask for it once only.
 */
export async function fetchOnDemand(): Promise<unknown> {
  try {
    return await (fetching ??= fetchClient())
  } catch (error) {
    fetching = null
    throw error
  }
}

const fetchClient = async (): Promise<unknown> => (await fetchFile('client', attempts++)).default(clientRuntime)
