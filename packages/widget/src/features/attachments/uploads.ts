import {
  type Attachment,
  createStore,
  type LoaclError,
  type Model,
  type ModelState,
  toLoaclError,
  type Ui,
} from '../runtime.ts'
import { fillCount } from '../fill_count.ts'
import { describeFailure, loadOnce, named, wordsOf } from './words.ts'

/** Where what is attached is kept for the tab's next page. */
const KEPT = 'attached'
/** In so many steps a bar grows: each draws the panel. */
const STEPS = 50

/** The words that say why sending waits: for uploads, or until what failed is tried again or removed. */
type Hold = 'sendsLater' | 'sendBlocked' | null

export interface UploadsView {
  readonly hold: Hold
  /** How many files go with a message, in words, where there were more. */
  readonly over: string
}

export const limitsOf = (model: Model) => {
  const { session } = model.getSnapshot()
  return session.status === 'open' ? session.assistant.files : null
}

const isPending = ({ id, error }: Attachment): boolean => !id && !error

/** Which message the composer would send. Empty while an answer comes, when it sends none. */
const messageOf = ({ draft, threadId, thread }: ModelState): string =>
  'turn' in thread.turn ? '' : `${threadId}${draft}`

const known = new WeakMap<Model, Uploads>()

/** The one of a widget. Words are those of the panel as it was drawn last. */
export function uploadsOf(ui: Ui): Uploads {
  const uploads = known.get(ui.model) ?? new Uploads(ui)
  known.set(ui.model, uploads)
  uploads.ui = ui
  return uploads
}

/** Uploads what is attached to the draft, and keeps it over a reload. What is attached stands in the model's state. */
export class Uploads {
  ui: Ui
  readonly view = createStore<UploadsView>({ hold: null, over: '' })
  readonly #files = new Map<string, File>()
  readonly #running = new Map<string, AbortController>()
  /** What was uploaded here, by its id: nothing has to be fetched to show it. */
  readonly #uploaded = new Map<string, { file: File; size: number }>()
  /** Since the visitor heard of it. */
  #ended: Attachment[] = []
  #attached: readonly Attachment[] = []
  /** `messageOf` when sending began to wait. */
  #held = ''

  constructor(ui: Ui) {
    this.ui = ui
    const { model } = ui
    model.subscribe(() => this.#follow())
    const { attached } = model.getSnapshot()
    const kept = readKept(model.memory.get(KEPT))
    const missing = kept.filter(({ id }) => !attached.some((other) => other.id === id))
    if (missing[0]) model.attach([...attached, ...missing])
    this.#follow()
  }

  get attached(): readonly Attachment[] {
    return this.ui.model.getSnapshot().attached
  }

  /** The file itself, where it is of this page. */
  fileOf({ key = '', id = '' }: { key?: string; id?: string | undefined }): File | undefined {
    return this.#files.get(key) ?? this.#uploaded.get(id)?.file
  }

  /** In bytes, as it is kept; `undefined` where that is not known here. */
  sizeOf(id: string): number | undefined {
    return this.#uploaded.get(id)?.size
  }

  add(given: readonly File[]): void {
    const { model } = this.ui
    const limits = limitsOf(model)
    if (!limits) return
    const files = given.slice(0, Math.max(0, limits.maxFiles - this.attached.length))
    this.#tellOver(files.length < given.length)
    const added = files.map((file): Attachment => {
      // Those of an earlier page may be here, too.
      const key = Math.random().toString()
      this.#files.set(key, file)
      return { key, name: file.name, type: file.type, size: file.size }
    })
    model.attach([...this.attached, ...added])
    for (const { key } of added) void this.#upload(key)
  }

  #tellOver(isOver: boolean): boolean {
    const { ui } = this
    const over = isOver ? fillCount(wordsOf(ui).fileLimit, limitsOf(ui.model)!.maxFiles, ui.locale) : ''
    this.#show({ over })
    if (over) ui.announce(over)
    return isOver
  }

  retry({ key }: Attachment): void {
    this.#change(key, { progress: 0, error: undefined })
    void this.#upload(key)
  }

  remove({ key, id }: Attachment): void {
    const { model } = this.ui
    model.attach(this.attached.filter((other) => other.key !== key))
    // Where that fails, it goes by itself within a day.
    if (id) model.client.files.remove(id).catch(() => {})
    this.#settle()
  }

  /** Whether what the composer holds can't be sent yet. It is sent when it can, unless something fails. */
  hold(): boolean {
    const { attached, ui } = this
    if (!(this.#held = messageOf(ui.model.getSnapshot()))) return false
    // Those of several messages that were put back.
    if (this.#tellOver(attached.length > (limitsOf(ui.model)?.maxFiles ?? Infinity))) return true
    const hold = attached.some(({ error }) => error) ? 'sendBlocked' : attached.some(isPending) ? 'sendsLater' : null
    this.#show({ hold })
    if (hold) ui.announce(wordsOf(ui)[hold])
    return !!hold
  }

  letGo(): void {
    this.#show({ hold: null })
  }

  #show(change: Partial<UploadsView>): void {
    this.view.set({ ...this.view.getSnapshot(), ...change })
  }

  #change(key: string, change: { [M in keyof Attachment]?: Attachment[M] | undefined }): void {
    this.ui.model.attach(
      this.attached.map((other) => (other.key === key ? ({ ...other, ...change } as Attachment) : other)),
    )
  }

  /** The client prepares pictures one after the other, for their memory. */
  async #upload(key: string): Promise<void> {
    const file = this.#files.get(key)!
    const controller = new AbortController()
    const { signal } = controller
    this.#running.set(key, controller)
    let step = 0
    const onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
      const next = Math.floor((loaded / total) * STEPS)
      if (signal.aborted || next === step) return
      step = next
      this.#change(key, { progress: next / STEPS })
    }
    try {
      const uploaded = await this.ui.model.client.files.upload(file, { signal, onProgress })
      if (!signal.aborted) {
        this.#uploaded.set(uploaded.id, { file, size: uploaded.size })
        this.#change(key, uploaded)
      }
    } catch (error) {
      if (!signal.aborted) await loadOnce(this.ui.features.errors)
      this.#change(key, { error: toLoaclError(error) })
    }
    this.#running.delete(key)
    const ended = this.attached.find((other) => other.key === key)
    if (ended) this.#ended.push(ended)
    this.#settle()
  }

  /** Once nothing is on its way, says what came of it, and sends what waited. */
  #settle(): void {
    const { hold } = this.view.getSnapshot()
    const { attached, ui } = this
    if (attached.some(isPending)) return
    this.#announce(this.#ended.splice(0))
    const hasFailed = attached.some(({ error }) => error)
    if (hold && !hasFailed) this.letGo()
    if (hold !== 'sendsLater') return
    if (hasFailed) this.hold()
    else ui.model.submit()
  }

  /** All at once: each would take the place of the one before. */
  #announce(ended: readonly Attachment[]): void {
    const { ui } = this
    const words = wordsOf(ui)
    const done = ended.filter(({ id }) => id)
    const said = ended.flatMap(({ name, error }) =>
      error ? [`${named('{name}', name)}: ${this.describe(error)}`] : [],
    )
    if (done.length === 1) said.unshift(named(words.fileAttached, done[0]!.name))
    else if (done.length > 1) said.unshift(fillCount(words.filesAttached, done.length, ui.locale))
    if (said.length > 0) ui.announce(said.join(' '))
  }

  describe(error: LoaclError): string {
    return describeFailure(this.ui, error, limitsOf(this.ui.model)?.maxBytes ?? 0)
  }

  /** What was taken away, sent or forgotten is not uploaded any further, and what is left is kept, unless `unsent` has it. */
  #follow(): void {
    const { memory, getSnapshot } = this.ui.model
    const state = getSnapshot()
    const { attached, restored, session } = state
    const done = restored ? [] : attached.filter(({ id }) => id)
    memory.set(KEPT, done[0] ? JSON.stringify(done) : null)
    if (session.status === 'idle') this.#uploaded.clear()
    // What waited to be sent is not what would be.
    if (this.view.getSnapshot().hold && messageOf(state) !== this.#held) this.letGo()
    if (attached === this.#attached) return
    if (this.#attached.length > attached.length) this.#show({ hold: null, over: '' })
    this.#attached = attached
    const isGone = (key: string) => !attached.some((other) => other.key === key)
    for (const [key, controller] of this.#running) if (isGone(key)) controller.abort()
    for (const key of this.#files.keys()) if (isGone(key)) this.#files.delete(key)
  }
}

/** What looks otherwise was not written here. */
function readKept(kept: string | null): Attachment[] {
  try {
    return (JSON.parse(kept ?? '[]') as Attachment[]).filter(({ id, name, type }) => id && name && type)
  } catch {
    return []
  }
}
