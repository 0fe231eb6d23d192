import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals-core'
import type { Model } from '../model_types.ts'
import type { LoadFeature } from '../features/index.ts'
import { createLazyFeature } from '../lazy_feature.ts'
import { isLater } from './parts/part_view.tsx'
import type { Words } from '../strings.ts'
import type { Look } from '../types.ts'

/** What every component of the panel is given: the model it renders, and how to speak and look. */
export interface Ui {
  readonly model: Model
  readonly look: ReadonlySignal<Look>
  readonly strings: ReadonlySignal<Words>
  /** BCP 47 tag of the panel's language. */
  readonly locale: ReadonlySignal<string>
  /** The assistant's name, once known. */
  readonly name: ReadonlySignal<string>
  readonly online: ReadonlySignal<boolean>
  /** What the first question and its answer can do without. */
  readonly features: ReturnType<typeof createFeatures>
  /** What assistive technology shall say next. */
  readonly announcement: ReadonlySignal<string>
  announce(words: string): void
  close(): void
  ask(text: string, suggestionId?: string): void
  stop(): void
  newThread(): void
  select(threadId: string): void
  showConversations(): void
}

export interface Hooks {
  close: () => void
  /** Puts the keyboard where the visitor writes next. */
  focusComposer: () => void
  loadFeature: LoadFeature
  /** Is told why a feature did not come. */
  report: (cause: unknown) => void
  /** Makes styles the panel's. */
  adopt: (styles: string) => void
  /** Aborted when the panel is done with. */
  signal: AbortSignal
}

function createFeatures({ loadFeature, adopt, report }: Hooks) {
  const create = <N extends Parameters<LoadFeature>[0]>(name: N) =>
    createLazyFeature(async (attempt) => {
      const feature = await loadFeature(name, attempt)
      if ('styles' in feature) adopt(feature.styles)
      return feature
    }, report)
  return { conversations: create('conversations'), errors: create('errors'), parts: create('parts') }
}

export function createUi(
  model: Model,
  { look, strings, locale }: Pick<Ui, 'look' | 'strings' | 'locale'>,
  hooks: Hooks,
): Ui {
  const { close, focusComposer, signal: done } = hooks
  const announcement = signal('')
  const online = signal(navigator.onLine)
  addEventListener('online', () => (online.value = true), { signal: done })
  addEventListener('offline', () => (online.value = false), { signal: done })
  const features = createFeatures(hooks)
  // Another value for each failure, and for each message that comes to need it: a fetch that failed is tried once more
  // then, and not at every word of an answer.
  const failures = computed(
    () => model.failure.value ?? model.talk.value.messages.filter(({ status }) => status === 'failed').length,
  )
  const partMessages = computed(() => model.talk.value.messages.filter(({ parts }) => parts.some(isLater)).length)
  const stops = [
    effect(() => {
      if (failures.value) untracked(() => void features.errors.load())
    }),
    effect(() => {
      if (partMessages.value) untracked(() => void features.parts.load())
    }),
  ]
  const stop = () => stops.forEach((end) => end())
  done.addEventListener('abort', stop)
  return {
    model,
    look,
    strings,
    locale,
    name: computed(() => model.assistant.value?.name ?? ''),
    online,
    features,
    announcement,
    // The same words again are a change only with something more in them.
    announce: (words) => (announcement.value = announcement.peek() === words ? `${words}\u00a0` : words),
    close,
    ask(text, suggestionId) {
      if (model.busy.peek()) return
      model.send(text, suggestionId)
      focusComposer()
    },
    stop() {
      model.stop()
      focusComposer()
    },
    newThread() {
      model.newThread()
      focusComposer()
    },
    select(threadId) {
      void model.select(threadId)
      focusComposer()
    },
    showConversations() {
      void features.conversations.load()
      model.showConversations()
    },
  }
}
