// What a first answer can do without. Bundlers that split code make a file of it, which is fetched when it is first used.
export { readFingerprint } from './fingerprint.ts'
export { identifyDevice } from './identify.ts'
export { listThreads } from './list_threads.ts'
export { recoverCall, recoverOpening } from './recover_session.ts'
export { toResponseError } from './response_error.ts'
export { fetchThroughClient } from './supabase_fetch.ts'
export {
  archiveThread,
  deleteThread,
  renameThread,
  restoreThread,
  setFeedback,
  stopWaitingTurn,
} from './thread_actions.ts'
export { eraseData } from './erase_data.ts'
export { loadNewest, loadOlder } from './load_messages.ts'
export { isOtherVisitor } from './other_visitor.ts'
