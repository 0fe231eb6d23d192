import { fetchFile } from './fetch_file.ts'

let failures = 0

/**
 * What the client fetches when it is first used: the same file each time, until that fails. In the build of the panel this
 * file takes the place of core's own `fetch_on_demand.ts`, whose `import()` would make the bundler choose the file's name and
 * ask for it once only.
 */
export const fetchOnDemand = (): Promise<unknown> =>
  fetchFile('client', failures).catch((error) => {
    failures++
    throw error
  })
