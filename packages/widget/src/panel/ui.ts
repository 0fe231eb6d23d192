import type { LoadFeature } from '../features/index.ts'
import type { Language } from '../language.ts'
import { createLazyFeature } from '../lazy_feature.ts'
import { further, type MarkdownProps } from '../markdown/index.ts'
import type { Model } from '../model_types.ts'

/** What every component of the panel is given beside the model's state. Another object whenever anything in it changes. */
export interface Ui extends Language, Actions {
  readonly model: Model
  /** The assistant's name; empty until it is known. */
  readonly name: string
  /** What the first question and its answer can do without. */
  readonly features: Features
  /** With what each Markdown text is shown. */
  readonly markdown: Omit<MarkdownProps, 'source' | 'streaming' | 'cut'>
}

/** What can be done in the panel, beyond what the model does. */
export interface Actions {
  /** Makes assistive technology say these words next. */
  announce(words: string): void
  close(): void
  ask(text: string, suggestionId?: string): void
  stop(): void
  newThread(): void
  select(threadId: string): void
  /** Draws further messages that are there, or else has earlier ones loaded. */
  showEarlier(): Promise<void>
  showConversations(): void
}

type Features = ReturnType<typeof createFeatures>

/** Those that the panel shows. */
type FeatureName = Exclude<Parameters<LoadFeature>[0], 'diagnosis' | 'fingerprint' | 'neighbours' | 'reminder'>

/** What of a feature is the panel's, once it has come. */
export interface Adopted {
  styles?: string
  /** What it does by itself. `extend` draws so many earlier messages more. */
  begin?: (panel: HTMLDialogElement, signal: AbortSignal, extend: (by: number) => void) => void
}

/**
 * @param adopt makes a feature the panel's
 * @param report is told why a feature did not come
 */
export function createFeatures(
  loadFeature: LoadFeature,
  adopt: (feature: Adopted) => void,
  report: (cause: unknown) => void,
  onChange: () => void,
) {
  const create = <N extends FeatureName>(name: N) =>
    createLazyFeature(
      async (attempt) => {
        // In a task of its own: what needs it is being drawn, and may need others.
        await new Promise((resolve) => setTimeout(resolve))
        const feature = await loadFeature(name, attempt)
        adopt(feature as Adopted)
        if ('addTo' in feature) {
          feature.addTo(further)
          further.added++
        }
        return feature
      },
      report,
      onChange,
    )
  type Created = { readonly [N in FeatureName]: ReturnType<typeof create<N>> }
  // Each when it is first asked for: no list of them has to come along.
  return new Proxy({} as Record<FeatureName, unknown>, {
    get: (created, name: FeatureName) => (created[name] ??= create(name)),
  }) as Created
}
