export { viewCalls } from './calls.tsx'
export { default as styles } from './tools.css?inline'
