export { default as styles } from './context.css?inline'
export { ContextLine } from './context_line.tsx'
export { setContext } from './said.ts'
