import { fetchLater } from './fetch_later.ts'

/** What that file fetches in its turn: it takes the place of core's own `fetch_actions.ts`. */
export const fetchActions = fetchLater('actions')
