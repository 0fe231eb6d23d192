export { default as styles } from './citations.css?inline'
export { copyText } from './copy_text.ts'
export { listSources } from './list_sources.tsx'
export { markText } from './mark_text.ts'
