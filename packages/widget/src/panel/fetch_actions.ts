import { fetchPart } from './fetch_part.ts'

/** What the client's later part fetches in its turn, in the same way: it takes the place of core's own `fetch_actions.ts`. */
export const fetchActions = fetchPart('actions')
