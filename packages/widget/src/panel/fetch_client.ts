import { fetchLater } from './fetch_later.ts'

/**
 * What the client fetches when it is first used. In the build of the panel this file takes the place of core's own
 * `fetch_on_demand.ts`, whose `import()` would make the bundler choose the file's name and ask for it once only.
 */
export const fetchOnDemand = fetchLater('client')
