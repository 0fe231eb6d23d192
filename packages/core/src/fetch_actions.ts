import type * as Actions from './thread_actions.ts'

// The build of the widget's script tag puts a file of its own in the place of this one.
export const fetchActions = (): Promise<typeof Actions> => import('./thread_actions.ts')
