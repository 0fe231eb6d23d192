import type { ErrorCode, MessagePart } from '@loacl/core'
import { OPEN_CHAT } from './launcher/words.ts'
import { ENGLISH_WORDS, type KnownWords, type MarkdownWords } from './markdown/words.ts'

type ToolError = NonNullable<Extract<MessagePart, { type: 'dynamic-tool' }>['errorText']>

/** Words that depend on a `{count}`: by the plural forms of their language, or one for every count. */
export type Plural = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>

/** Words for the calls of tools. The feature `tools` has them in English, and a file beside it those of another language. */
export interface ToolStrings {
  /** How a call stands. */
  toolRunning: string
  toolDone: string
  toolApproved: string
  toolDenied: string
  /** What a call was given, and what it gave. */
  toolInput: string
  toolOutput: string
  /** `{host}`: where what is shown will be sent. */
  approvalHost: string
  approve: string
  deny: string
  /** `{when}`: as in "in 2 hours". */
  approvalExpires: string
  /** While a decision is on its way. */
  approvalSending: string
  /** Said before the requests are read out. */
  approvalsWaiting: Plural
  /** Why a call has no result. */
  toolErrors: Readonly<Record<ToolError, string>>
}

/** All that the feature `tools` says. */
export interface ToolWords extends ToolStrings {
  /** Why a decision was refused; other codes have their words in the feature `errors`. */
  errors: Partial<Record<ErrorCode, string>>
}

/** Words for what the page says of itself. The feature `context` has them, in each language. */
export interface ContextStrings {
  /** What goes with the next message, and what the visitor leaves out. `{page}`: the page's title and host. */
  contextSent: string
  contextLeft: string
  /** In place of `{page}`, where the page says neither. */
  contextPage: string
  contextAbout: string
  contextLeaveOnce: string
  contextLeave: string
  contextPutBack: string
}

/** Words for what visitors attach. The feature `attachments` has them in English, and a file beside it those of another language. */
export interface AttachmentStrings {
  attachFiles: string
  /** Names what is attached to the draft or to a message. */
  attachments: string
  /** In place of the panel, while files are dragged over it. */
  dropFiles: string
  fileUploading: string
  /** Name a bar and buttons. `{name}`: the file's, here and below. */
  uploadOf: string
  cancelUpload: string
  removeFile: string
  retryUpload: string
  /** Said when uploads have come through. */
  fileAttached: string
  filesAttached: Plural
  /** How many files a message may have, and how large one may be: `{size}`. */
  fileLimit: Plural
  fileSizeLimit: string
  /** `{time}`: of the day. */
  fileRetryAfter: string
  /** Why what the composer holds is not sent yet, and what calls that off. */
  sendsLater: string
  sendNotYet: string
  sendBlocked: string
  openFile: string
  saveFile: string
  fileDeleted: string
  errors: Partial<Record<ErrorCode, string>>
}

/** Every word that the widget shows or says. `{name}` and its like are filled in. */
export interface Strings extends ToolStrings {
  openChat: string
  /** Names the panel until the assistant's name is known. */
  chat: string
  loadFailed: string
  closeChat: string
  newChat: string
  conversations: string
  noConversations: string
  untitled: string
  loadMore: string
  conversation: string
  greeting: string
  suggestedQuestions: string
  followUpQuestions: string
  message: string
  placeholder: string
  sendMessage: string
  stopAnswering: string
  charactersLeft: string
  charactersOver: string
  you: string
  /** `{name}`: the assistant's. */
  thinking: string
  answered: string
  sources: string
  /** Names a mark in an answer. `{number}` and `{title}`: the source's. */
  source: string
  /** Opens how the model came to its answer, and while it still reasons. */
  reasoning: string
  reasoningOngoing: string
  copyAnswer: string
  anotherAnswer: string
  continueAnswer: string
  edit: string
  editQuestion: string
  sendEdited: string
  cancel: string
  /** Name the switch between alternatives: `{number}` of `{count}`. */
  answerOf: string
  questionOf: string
  previous: string
  next: string
  copied: string
  copyFailed: string
  loadOlder: string
  jumpToLatest: string
  loading: string
  reconnecting: string
  offline: string
  tryAgain: string
  /** Begins another thread where this one can't go on. */
  startOver: string
  stopped: string
  cutTime: string
  cutLength: string
  cutFilter: string
  cutBudget: string
  /** Follows an error's words where the time is known. `{when}`: as in "in 2 minutes". */
  retryWhen: string
  /** Opens an error's code and the request's id. */
  details: string
  /** For what only the site's owner can mend, where `errors` has no words for it. */
  notSetUp: string
  /** For what a new conversation mends. */
  sessionEnded: string
  /** Words inside an answer's text. */
  markdown: MarkdownWords
  errors: Readonly<Partial<Record<ErrorCode, string>> & { other: string }>
}

/** What the file of a language has: all but the words that come with a feature. */
export type LanguageStrings = Omit<Strings, keyof ToolStrings>

/** Words that take the place of the widget's own; of errors and of Markdown any of them. */
export type SomeStrings = Partial<
  Omit<Strings, 'markdown' | 'errors' | 'toolErrors'> & ContextStrings & Omit<AttachmentStrings, 'errors'>
> & {
  /** Describes the launcher where it has a dot: the chat was open on the page before, or an answer waits for the visitor. */
  conversationGoesOn?: string
  toolErrors?: Partial<Strings['toolErrors']>
  markdown?: Partial<MarkdownWords>
  errors?: Partial<Strings['errors']>
}

/** Those whose English stands with the launcher or the feature that says them. */
type ElsewhereWord =
  | keyof ToolStrings
  | 'loadOlder'
  | 'charactersLeft'
  | 'charactersOver'
  | 'jumpToLatest'
  | 'followUpQuestions'
  | 'answered'
  | 'copyAnswer'
  | 'anotherAnswer'
  | 'continueAnswer'
  | 'edit'
  | 'editQuestion'
  | 'sendEdited'
  | 'cancel'
  | 'answerOf'
  | 'questionOf'
  | 'previous'
  | 'next'
  | 'copied'
  | 'copyFailed'
  | 'stopped'
  | 'cutTime'
  | 'cutLength'
  | 'cutFilter'
  | 'cutBudget'
  | 'loadFailed'
  | 'noConversations'
  | 'untitled'
  | 'loadMore'
  | 'sources'
  | 'source'
  | 'reasoning'
  | 'reasoningOngoing'
  | 'startOver'
  | 'retryWhen'
  | 'details'
  | 'notSetUp'
  | 'sessionEnded'

type OwnWords = Omit<Strings, ElsewhereWord | 'markdown'>

/** The panel's own words, and of the others those of another language or of the page. */
export type Words = OwnWords & Omit<SomeStrings, 'markdown' | 'errors'> & { markdown: KnownWords }

export const ENGLISH: OwnWords & { markdown: typeof ENGLISH_WORDS } = {
  openChat: OPEN_CHAT,
  chat: 'Chat',
  closeChat: 'Close chat',
  newChat: 'New chat',
  conversations: 'Conversations',
  conversation: 'Conversation',
  greeting: 'Hello! How can I help?',
  suggestedQuestions: 'Suggested questions',
  message: 'Message',
  placeholder: 'Ask a question…',
  sendMessage: 'Send message',
  stopAnswering: 'Stop answering',
  you: 'You',
  thinking: '{name} is thinking',
  loading: 'Loading…',
  reconnecting: 'Reconnecting…',
  offline: 'You’re offline. What you write is kept.',
  tryAgain: 'Try again',
  markdown: ENGLISH_WORDS,
  // For other codes, see the feature `errors`.
  errors: {
    other: 'Something went wrong on our side. Try again.',
    network: 'The chat can’t be reached. Check your connection and try again.',
  },
}

/** `fill('Hello {name}', { name: 'Ada' })` is `'Hello Ada'`. */
export const fill = (words: string, values: Readonly<Record<string, string | number>>): string =>
  words.replace(/\{(\w+)\}/g, (match, name: string) => String(values[name] ?? match))

/** Later strings over earlier ones, word by word. */
export const mergeStrings = <S extends { markdown?: object; errors?: object }>(
  before: S,
  strings: SomeStrings = {},
): S => ({
  ...before,
  ...strings,
  markdown: { ...before.markdown, ...strings.markdown },
  errors: { ...before.errors, ...strings.errors },
})
