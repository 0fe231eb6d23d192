import type {
  Abortable,
  ClientOptions,
  Credential,
  LoaclClient,
  LoaclError,
  PageContext,
  SupabaseLike,
  ToolHandler,
  Turn,
  TurnResult,
} from '@loacl/core'
import type { SomeStrings } from './strings.ts'

/** Colours and the like that an owner sets for every page, or a page for itself. What is unknown is ignored. */
export interface Appearance {
  /** Colour of the launcher and of what can be pressed, as `#rrggbb`. The text on it is made to contrast. */
  accent?: string | undefined
}

/** How the widget looks and speaks. Each member can be changed later with `widget.update`. */
export interface Look {
  layout?: 'floating' | undefined
  /** `auto`, the default, follows the visitor's system. */
  theme?: 'auto' | 'light' | 'dark' | undefined
  /** BCP 47 tag of the language that `strings` are in, for dates, direction and pronunciation. Default `en`; the
   * direction is then that of the words. */
  locale?: string | undefined
  /** Words to use instead of the English ones. */
  strings?: SomeStrings | undefined
  appearance?: Appearance | undefined
}

export interface Placement {
  /** Names the widget where a page has several: the element's `id`, and what `loacl.get` takes. */
  id?: string | undefined
  /** Where the element is put, as an element or a selector. Default: beside `<body>`. */
  target?: Element | string | undefined
  /**
   * Whether it opens by itself: `true`, or `'always'` for phones as well, where it covers the page. Once a visitor has
   * closed it, it stays closed for the tab's life. Default `false`.
   */
  open?: boolean | string | undefined
}

/** A client of your own, or what `createClient` takes. */
export type WidgetOptions = (ClientOptions | { client: LoaclClient }) & Look & Placement

type Optional<T> = { [K in keyof T]?: T[K] | undefined }
type ProjectOptions = Extract<ClientOptions, { url: string }>
type SupabaseOptions = Extract<ClientOptions, { supabase: SupabaseLike }>

/** What an element may be given: what `mount` takes, or what of it the element's attributes don't say. */
export type ElementOptions = Optional<ProjectOptions & Pick<SupabaseOptions, 'supabase'> & { client: LoaclClient }> &
  Look &
  Placement

/** What the script tag's attributes and the `mount` command give. */
export type MountOptions = Pick<ClientOptions, 'auth'> & {
  url: string
  key: string
  assistant: string
} & Look &
  Placement

export type WidgetStatus = 'launcher' | 'loading' | 'open' | 'closed' | { unavailable: LoaclError }

export interface Widget {
  /** `null` on a server. */
  readonly element: LoaclChatElement | null
  /**
   * The client that you brought, or else the widget's own. Reading it fetches `@loacl/core` where that is still to do.
   * Rejects with a LoaclError where that can't be fetched (`network`), or an option is wrong (`options_invalid`).
   */
  readonly client: Promise<LoaclClient>
  /** Resolves when the project has first answered, something has failed or the widget is disposed of. Never rejects: see `status`. */
  readonly ready: Promise<void>
  readonly status: WidgetStatus
  /**
   * Opens the panel, and with `threadId` an earlier conversation in it. A `draft` is put into the composer, not sent.
   *
   * @throws LoaclError `network`, where the panel can't be fetched; `disposed`; `unsupported`, where the document is no
   * browser's, as in jsdom
   */
  open(options?: { threadId?: string | undefined; draft?: string | undefined }): Promise<void>
  close(): void
  toggle(): void
  /**
   * Sends a message in the conversation at hand, whether the panel is open or not. It is sent once `@loacl/core` is there,
   * after what was sent before; the turn comes at once then, and not when the answer is complete: that is its `done`.
   * Rejects as `client` does.
   *
   * @example
   * const turn = await widget.send('Where is my parcel?')
   * const result = await turn.done
   */
  send(text: string): Promise<Turn>
  newThread(): void
  /** Says who the visitor is: `client.identify`. Where the page knows at any time, the option `auth` does it by itself. */
  identify(credential: Credential, options?: Abortable): Promise<void>
  /** Forgets the visitor, drafts and all: `client.signOut`. */
  signOut(options?: Abortable): Promise<void>
  /**
   * Runs the page's tool of this name, which the assistant declares, whenever the assistant calls it and this tab is chosen: `client.registerTool`.
   * What it returns, or resolves to, goes to the model, and is data of the visitor's to it. One that comes for the same name later takes its place.
   *
   * @param run is given the arguments, as they were declared, and a `signal` that ends with the call
   * @returns what takes it away again
   *
   * @example
   * widget.registerTool('show_on_map', async ({ place }) => ({ shown: await map.show(place) }))
   */
  registerTool(name: string, run: ToolHandler): () => void
  /**
   * Says what the visitor is looking at: it goes with their messages, once they can see that above the composer, and they can
   * leave it out. `null` takes it back, and it is forgotten with the visitor. Nothing is fetched for it before somebody asks for
   * the chat.
   *
   * @param context of at most 4 kB of JSON. What is no object, or larger, is refused by the event `error`, with
   * `options_invalid`: then what was said before stays
   * @param options `keepQuery`: whether the query and the fragment of its `url` are sent
   *
   * @example
   * widget.setContext({ title: document.title, url: location.href })
   */
  setContext(context: PageContext | null, options?: { keepQuery?: boolean | undefined }): void
  /** Merges into what was set before. */
  update(look: Partial<Look>): void
  /** Returns what takes the listener away again, as the `signal` does. */
  on<K extends keyof WidgetEvents>(type: K, listener: (event: WidgetEvents[K]) => void, options?: Abortable): () => void
  /** Takes the widget off the page, and its client with it unless you brought your own. A running answer goes on. */
  dispose(): void
}

/** What `loacl.get` gives. Its panel has come, and the client with it: nothing of it has to be waited for. */
export interface TagWidget extends Omit<Widget, 'client' | 'send' | 'setContext'> {
  readonly client: LoaclClient
  /**
   * Sends a message in the conversation at hand, whether the panel is open or not.
   *
   * @example
   * const result = await loacl.get().send('Where is my parcel?').done
   */
  send(text: string): Turn
  /** As a widget's from npm. Resolves once it goes with messages, and rejects where it is refused. */
  setContext(...given: Parameters<Widget['setContext']>): Promise<void>
}

/** Who opens the panel: it does so by itself as on the page before, or where the owner wants it open. */
export type OpenedBy = 'visitor' | 'api' | 'itself'

/** By name; on the element they are `loacl-${name}` and cross shadow roots. None carries a message's text. */
export interface WidgetEvents {
  ready: Record<never, never>
  /** By `itself`: as on the page before, or as the owner wants it. */
  opened: { by: OpenedBy }
  closed: Record<never, never>
  threadchange: { threadId: string | null }
  sent: { turnId: string }
  /** `ms` from sending to the end of the answer. */
  answered: { turnId: string; status: Exclude<TurnResult['status'], 'waiting'>; ms: number }
  suggestion: { id: string }
  error: { error: LoaclError }
}

type ElementEvents = { [K in keyof WidgetEvents as `loacl-${K}`]: CustomEvent<WidgetEvents[K]> }

/** `<loacl-chat>`. From npm, it is also a chat where HTML has it, with the script tag's attributes. */
export interface LoaclChatElement extends HTMLElement {
  /**
   * All that `mount` takes. What is set goes before the attributes, and what is read has both. What names the project, the
   * assistant or the client makes another widget of it; the rest changes the widget that is there.
   */
  options: ElementOptions
  /** Without options, and off the page, there is none. Where the script tag made it, it is a `TagWidget`. */
  readonly widget: Widget | null
}

/** Attributes of `<loacl-chat>`, as a framework's templates have them. What a framework sets as a property is `options`. */
export interface ElementAttributes {
  options?: ElementOptions | undefined
  'data-url'?: string | undefined
  'data-key'?: string | undefined
  'data-assistant'?: string | undefined
  'data-theme'?: Look['theme']
  'data-locale'?: string | undefined
  'data-open'?: boolean | string | undefined
}

/** Listeners to the events of `<loacl-chat>`, as React, Preact and Svelte name them. */
export type ElementHandlers = {
  [K in keyof WidgetEvents as `onloacl-${K}`]?: ((event: CustomEvent<WidgetEvents[K]>) => void) | undefined
}

/** What `loacl(…)` takes, before its script has come and after. */
export type Command =
  | ['mount', MountOptions, undefined?]
  | ['open' | 'close' | 'toggle' | 'newThread' | 'signOut', undefined?, undefined?]
  | ['identify', Credential, undefined?]
  | ['send', string, undefined?]
  | ['update', Partial<Look>, undefined?]
  | ['registerTool', string, ToolHandler]
  | ['setContext', PageContext | null, { keepQuery?: boolean | undefined }?]
  | ['on', keyof WidgetEvents, (event: never) => void]

/** The one global that the script tag makes, or takes over from the page's queue stub. */
export interface LoaclGlobal {
  <K extends keyof WidgetEvents>(name: 'on', event: K, listener: (event: WidgetEvents[K]) => void): void
  (...command: Command): void
  /** Commands given before the script came. */
  q?: Command[]
  /** The widget with this id, or the first; none until its panel has been fetched. */
  get?(id?: string): TagWidget | null | undefined
}

/** What the launcher calls, beyond the public part. */
export interface LauncherCalls {
  /** Whether the panel is there or on its way: for the script tag, before whose panel there is no widget. */
  readonly wanted?: boolean
  /** The visitor pressed the launcher. */
  press(): Promise<void>
  /** Opens as the tab's page before left it, or else as `open` says. */
  reopen(): Promise<void>
  /** Its element was taken out of the page: where it is not put back at once, nothing of it stays. */
  leave(): void
  /** Does what nobody waits for: what it fails with goes to the `error` event. */
  call(name: Command[0], ...given: unknown[]): Promise<void>
  /** Fetches what is still missing and draws the panel, but doesn't show it. */
  warm(): Promise<unknown>
}

/** What an element's launcher has. */
export type LauncherWidget = (Widget | TagWidget) & LauncherCalls

/** All of a widget, once its code is there. */
export interface ChatWidget extends TagWidget, LauncherCalls {
  /** `options` take the place of all that was set before: only their looks may be others. */
  update(look: Partial<Look>, options?: WidgetOptions): void
  /** As `dispose`, and leaves the element where it is. */
  end(): void
}

/** What the script tag's widget and that from npm have of it in common. */
export type CommonWidget = Omit<ChatWidget, 'element' | 'on' | 'toggle' | 'leave' | 'dispose'>

declare global {
  interface Window {
    loacl?: LoaclGlobal
  }
  interface HTMLElementTagNameMap {
    'loacl-chat': LoaclChatElement
  }
  // Of elements, the document and the window: the events cross shadow roots and bubble.
  interface GlobalEventHandlersEventMap extends ElementEvents {}
}
