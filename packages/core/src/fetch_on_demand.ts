import type * as OnDemand from './on_demand.ts'

// The build of the widget's script tag puts a file of its own in the place of this one.
export const fetchOnDemand = (): Promise<typeof OnDemand> => import('./on_demand.ts')
