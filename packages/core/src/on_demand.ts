// What a first answer can do without. Bundlers that split code make a file of it, which is fetched when it is first used.
export { readFingerprint } from './fingerprint.ts'
export { enterAs, identifyDevice, post } from './identify.ts'
export { recoverCall, recoverOpening, recoverThread } from './recover_session.ts'
export { toResponseError } from './response_error.ts'
export { fetchThroughClient } from './supabase_fetch.ts'
export { act } from './act.ts'
export { announceTurn, awaitTurn } from './follow_threads.ts'
export { isOtherVisitor } from './other_visitor.ts'
