export { Conversations } from './conversations.tsx'
export { default as styles } from './conversations.css?inline'
