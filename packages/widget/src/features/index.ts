/** The features of the panel, by the names of their folders. The script tag's build fetches each as a file by that name. */
const FEATURES = {
  answers: () => import('./answers/index.ts'),
  attachments: () => import('./attachments/index.ts'),
  attachments_de: () => import('./attachments_de/index.ts'),
  blocks: () => import('./blocks/index.ts'),
  citations: () => import('./citations/index.ts'),
  context: () => import('./context/index.ts'),
  conversations: () => import('./conversations/index.ts'),
  diagnosis: () => import('./diagnosis/index.ts'),
  entities: () => import('./entities/index.ts'),
  errors: () => import('./errors/index.ts'),
  fields: () => import('./fields/index.ts'),
  fingerprint: () => import('./fingerprint/index.ts'),
  jump: () => import('./jump/index.ts'),
  length: () => import('./length/index.ts'),
  links: () => import('./links/index.ts'),
  neighbours: () => import('./neighbours/index.ts'),
  parts: () => import('./parts/index.ts'),
  pictures: () => import('./pictures/index.ts'),
  reminder: () => import('./reminder/index.ts'),
  siblings: () => import('./siblings/index.ts'),
  tables: () => import('./tables/index.ts'),
  tools: () => import('./tools/index.ts'),
  tools_de: () => import('./tools_de/index.ts'),
}

type Features = { [N in keyof typeof FEATURES]: Awaited<ReturnType<(typeof FEATURES)[N]>> }

/** Fetches a feature. `attempt` counts from 0. */
export type LoadFeature = <N extends keyof Features>(name: N, attempt: number) => Promise<Features[N]>

export const loadFeature: LoadFeature = (name) =>
  (FEATURES as { [N in keyof Features]: () => Promise<Features[N]> })[name]()
