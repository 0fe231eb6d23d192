import { fetchPart } from './fetch_part.ts'

/** In the place of core's own `fetch_calls.ts`. */
export const fetchCalls = fetchPart('calls')
