export { Conversations } from './conversations.tsx'
export { describeError } from './error_words.ts'
export { Failure } from './failure.tsx'
/** What these need to look right. */
export { default as styles } from './conversations.css?inline'
