import type * as Calls from './tool_calls.ts'

// The build of the widget's script tag puts a file of its own in the place of this one.
export const fetchCalls = (): Promise<typeof Calls> => import('./tool_calls.ts')
