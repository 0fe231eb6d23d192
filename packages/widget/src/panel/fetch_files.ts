import { fetchPart } from './fetch_part.ts'

/** In the place of core's own `fetch_files.ts`. */
export const fetchFiles = fetchPart('files')
