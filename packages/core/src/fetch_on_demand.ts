import type * as OnDemand from './on_demand.ts'

export const fetchOnDemand = (): Promise<typeof OnDemand> => import('./on_demand.ts')
