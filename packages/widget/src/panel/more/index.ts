export { Conversations } from './conversations.tsx'
export { describeError } from './error_words.ts'
export { Failure } from './failure.tsx'
export { partViews } from './parts/part_views.ts'
/** What these need to look right. */
export { default as styles } from './more.css?inline'
