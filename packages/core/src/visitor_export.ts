import type { Message, PageContext, Suggestion, ThreadEvent, ThreadSummary, Timestamp } from '@loacl/wire'

/** The site's own data, which it keeps along with a row. */
type Metadata = Readonly<Record<string, unknown>>

/**
 * What `exportData` gives: what the database keeps of the visitor and is theirs to have, ready for `JSON.stringify`.
 * docs/personal-data.md says what is left out, and why. A newer server may add members.
 */
export interface VisitorExport {
  exportedAt: Timestamp
  sessions: readonly ExportedSession[]
  /** With their messages. Deleted ones are among them until they are purged. */
  threads: readonly ExportedThread[]
  files: readonly ExportedFile[]
  /** Of the last day, completed or not. */
  uploads: readonly ExportedUpload[]
}

/** On one device. */
interface ExportedSession {
  id: string
  assistantId: string
  type: 'guest' | 'authenticated'
  /** Of the Supabase user. */
  userId: string | null
  /** The site's own id of the visitor, from the identity token. */
  externalId: string | null
  /** SHA-256 in hexadecimal. */
  fingerprintHash: string | null
  metadata: Metadata
  createdAt: Timestamp
  lastActiveAt: Timestamp
  expiresAt: Timestamp
}

interface ExportedThread extends Omit<ThreadSummary, 'status'> {
  status: ThreadSummary['status'] | 'deleted'
  /** What the client that began it calls it. */
  clientId: string | null
  sessionId: string
  deletedAt: Timestamp | null
  metadata: Metadata
  /** The last message of the branch that the visitor chose; `null` for the newest message. */
  shownMessageId: string | null
  /** Oldest first, of all branches: messages with one parent are alternatives. */
  messages: readonly ExportedMessage[]
  /** What happened in it, oldest first. */
  events: readonly ThreadEvent[]
}

interface ExportedMessage extends Omit<Message, 'suggestions' | 'siblings'> {
  /** The message that it answers or follows. */
  parentId: string | null
  model: string | null
  metadata: Metadata
  /** What the page said that the visitor was looking at. */
  context: PageContext | null
  suggestions: readonly ExportedSuggestion[]
  annotations: readonly ExportedAnnotation[]
  feedback: { value: 'up' | 'down'; comment: string | null; updatedAt: Timestamp } | null
}

interface ExportedSuggestion extends Suggestion {
  usedAt: Timestamp | null
  metadata: Metadata
}

/** What an answer cites. */
interface ExportedAnnotation {
  type: 'url_citation' | 'file_citation' | 'container_file_citation' | 'file_path'
  text: string | null
  title: string | null
  url: string | null
  /** One of `files`. */
  fileId: string | null
  quote: string | null
  startIndex: number | null
  endIndex: number | null
}

/** A file, without its bytes. */
interface ExportedFile {
  id: string
  threadId: string | null
  messageId: string | null
  originalName: string
  mimeType: string
  sizeBytes: number
  /** Pixels, of a picture. */
  width: number | null
  height: number | null
  /** In hexadecimal. */
  sha256: string
  purpose: string
  metadata: Metadata
  createdAt: Timestamp
}

/** What was about to be uploaded. */
interface ExportedUpload {
  id: string
  originalName: string
  mimeType: string
  sizeBytes: number
  state: 'begun' | 'completed' | 'removed'
  createdAt: Timestamp
}
