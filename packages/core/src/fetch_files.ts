import type * as Files from './files.ts'

// The build of the widget's script tag puts a file of its own in the place of this one.
export const fetchFiles = (): Promise<typeof Files> => import('./files.ts')
