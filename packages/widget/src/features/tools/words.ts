import type { Message, MessagePart, ToolWords, Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

export type ToolPart = Extract<MessagePart, { type: 'dynamic-tool' }>

export const isTool = (part: MessagePart): part is ToolPart => part.type === 'dynamic-tool'

/** Whether the panel's words are German: those of this feature are a file of their own then. */
export const isGerman = ({ locale }: Ui): boolean => /^de\b/.test(locale)

/** The page's own words, over those of the panel's language, over English. */
export function wordsOf(ui: Ui): ToolWords {
  const { words, features } = ui
  const given = isGerman(ui) ? features.tools_de.loaded?.strings : undefined
  return {
    ...ENGLISH,
    ...given,
    ...words,
    toolErrors: { ...ENGLISH.toolErrors, ...given?.toolErrors, ...words.toolErrors },
    errors: { ...ENGLISH.errors, ...given?.errors, ...words.errors },
  }
}

const primary = (tag: string) => tag.toLowerCase().split(/[-_]/)[0]

/** The owner's words in the visitor's language, or else in English, or in the first that there is. */
export function inLanguage(words: Readonly<Record<string, string>> = {}, wanted: string): string | undefined {
  const tags = Object.keys(words)
  return words[
    tags.find((tag) => tag.toLowerCase() === wanted.toLowerCase()) ??
      tags.find((tag) => primary(tag) === primary(wanted)) ??
      tags.find((tag) => primary(tag) === 'en') ??
      tags[0]!
  ]
}

/** What a call is named: by the owner, or else its tool's name as words: `cancel_order` is “Cancel order”. */
export function titleOf({ toolMetadata, title, toolName }: ToolPart, { language }: Ui): string {
  const name = toolName
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/(\p{Ll})(\p{Lu})/gu, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .trim()
  return inLanguage(toolMetadata?.titles, language) || title || name.charAt(0).toUpperCase() + name.slice(1) || toolName
}

/** Whether the answer may go on: what has no end by then gets none. */
const isOpen = ({ status }: Message): boolean => status === 'streaming' || status === 'waiting'

/** Whether the visitor is asked. */
export const isAsked = (message: Message, { state }: ToolPart): boolean =>
  state === 'approval-requested' && isOpen(message)

/** How a call stands, or ended. */
export function statusOf(message: Message, part: ToolPart, words: ToolWords): string {
  const { state, approval, errorText } = part
  const { toolErrors } = words
  if (state === 'output-available') return words.toolDone
  if (state === 'output-denied' || approval?.approved === false) return words.toolDenied
  if (state === 'output-error') return toolErrors[errorText!] ?? toolErrors.tool_failed
  if (!isOpen(message)) return state === 'approval-requested' ? toolErrors.stopped : toolErrors.unknown
  return state === 'approval-responded' ? words.toolApproved : words.toolRunning
}
