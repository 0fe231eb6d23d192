import { type ComponentChild, h } from 'preact'
import type { Message, MessagePart } from '@loacl/core'
import { Markdown } from '../../markdown/index.ts'
import type { Ui } from '../ui.ts'

type Kind = MessagePart['type']

export interface PartPlace {
  ui: Ui
  message: Message
  /** The part's index in the message. */
  place: number
}

export interface PartProps<Shown extends Kind = Kind> extends PartPlace {
  part: Extract<MessagePart, { type: Shown }>
}

/** How parts of these kinds are shown. */
export type PartViews<Shown extends Kind = Kind> = {
  readonly [Type in Shown]: (props: PartProps<Type>) => ComponentChild
}

/** The kinds that a first answer can't do without. Of a file it is the name, until the feature `attachments` has come. */
const FIRST_VIEWS = {
  text: ({ ui, message: { status }, part }: PartProps<'text'>) => (
    <Markdown source={part.text} streaming={status === 'streaming'} cut={status !== 'completed'} {...ui.markdown} />
  ),
  file: viewPlain,
}

/** The kinds whose views are fetched when the first such part has come: `partViews` has them. */
export type LazyKind = Exclude<Kind, keyof typeof FIRST_VIEWS>

export const isLazy = ({ type }: MessagePart): boolean => !Object.hasOwn(FIRST_VIEWS, type)

/** `undefined` while the view is fetched, where it can't be, and for a kind that only a newer version knows. */
function viewOf({ features }: Ui, { type }: MessagePart) {
  const views = { ...FIRST_VIEWS, ...features.parts.loaded?.partViews, ...features.attachments.loaded?.partViews }
  return Object.hasOwn(views, type)
    ? (views[type as keyof typeof views] as (props: PartProps) => ComponentChild)
    : undefined
}

/** Whether there is something of this answer to see. */
export const hasBegun = (ui: Ui, { parts }: Message): boolean =>
  parts.some((part) => (part.type === 'text' ? part.text : viewOf(ui, part)))

/** One part of an answer. */
export function PartView({ ui, message, place }: PartPlace) {
  const part = message.parts[place]!
  return (viewOf(ui, part) ?? viewPlain)({ ui, message, place, part })
}

/** A part without a view: by its name, where it has one. */
function viewPlain({ part }: PartProps) {
  const { filename, title, url } = part as { filename?: unknown; title?: unknown; url?: unknown }
  const name = [filename, title, url].find((value) => value && typeof value === 'string') as string | undefined
  return name ? (
    <div class="under" dir="auto">
      {name}
    </div>
  ) : null
}
