import type { VisitorExport } from '../visitor_export.ts'
import type { ProjectState } from './project_state.ts'
import { isKept } from './stored_file.ts'
import { messageOf, summaryOf } from './stored_thread.ts'
import { type Caller, typeOf } from './visitors.ts'

export function exportVisitor(state: ProjectState, caller: Caller): VisitorExport {
  const { assistant, clock, visitors } = state
  const own = visitors.requireOwn(caller)
  const files = [...state.files.values()].filter(({ session }) => own.includes(session))
  return {
    exportedAt: clock.now(),
    sessions: own.map((session) => ({
      ...session,
      assistantId: assistant.id,
      type: typeOf(session),
      fingerprintHash: null,
      metadata: {},
    })),
    threads: [...state.threads.values()]
      .filter(({ session }) => own.includes(session))
      .map((thread) => ({
        ...summaryOf(thread),
        status: thread.status,
        clientId: thread.clientId,
        sessionId: thread.session.id,
        deletedAt: thread.deletedAt,
        metadata: {},
        shownMessageId: thread.shownMessageId,
        messages: thread.messages.map((message) => ({
          ...messageOf(message),
          parentId: message.parentId,
          model: null,
          metadata: {},
          context: message.context,
          suggestions: message.suggestions.map((suggestion) => ({ ...suggestion, usedAt: null, metadata: {} })),
          annotations: [],
          feedback: message.feedback,
        })),
        events: thread.events,
      })),
    files: files
      .filter(isKept)
      .map(({ id, threadId, messageId, name: originalName, type: mimeType, size: sizeBytes, createdAt }) => ({
        id,
        threadId,
        messageId,
        originalName,
        mimeType,
        sizeBytes,
        width: null,
        height: null,
        sha256: '',
        purpose: 'user_data',
        metadata: {},
        createdAt,
      })),
    uploads: files.map(
      ({ id, name: originalName, type: mimeType, size: sizeBytes, state: uploadState, createdAt }) => ({
        id,
        originalName,
        mimeType,
        sizeBytes,
        state: uploadState,
        createdAt,
      }),
    ),
  }
}
