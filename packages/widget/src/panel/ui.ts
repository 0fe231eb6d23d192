import { computed, effect, type ReadonlySignal, signal } from '@preact/signals-core'
import { toFetchError } from '../model_error.ts'
import type { Model } from '../model_types.ts'
import { createLater, type FetchPart, type Later } from './later.ts'
import type * as More from './more/index.ts'
import { isLater } from './parts/part_view.tsx'
import { mergeStrings, type Words } from '../strings.ts'
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
  readonly more: Later<typeof More>
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
  fetchMore: FetchPart<typeof More>
  /** Makes styles the panel's. */
  adopt: (styles: string) => void
  /** Aborted when the panel is done with. */
  signal: AbortSignal
}

export function createUi(
  model: Model,
  look: ReadonlySignal<Look>,
  { close, focusComposer, fetchMore, adopt, signal: done }: Hooks,
): Ui {
  const announcement = signal('')
  const online = signal(navigator.onLine)
  addEventListener('online', () => (online.value = true), { signal: done })
  addEventListener('offline', () => (online.value = false), { signal: done })
  const more = createLater(fetchMore, adopt, (cause) => model.emit('error', { error: toFetchError(cause) }))
  // Another value for each failure, and for each message that comes to need it: a fetch that failed is tried once more
  // then, and not at every word of an answer.
  const needed = computed(
    () =>
      model.failure.value ??
      model.talk.value.messages.filter(({ status, parts }) => status === 'failed' || parts.some(isLater)).length,
  )
  const stop = effect(() => {
    if (needed.value) more.want()
  })
  done.addEventListener('abort', stop)
  return {
    model,
    look,
    strings: computed(() => mergeStrings(look.value.strings)),
    locale: computed(() => validTag(look.value.locale ?? 'en')),
    name: computed(() => model.assistant.value?.name ?? ''),
    online,
    more,
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
      more.want()
      model.showConversations()
    },
  }
}

/** A language tag that `Intl` takes without throwing. An underscore in it is a common slip. */
function validTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]!
  } catch {
    return 'en'
  }
}
