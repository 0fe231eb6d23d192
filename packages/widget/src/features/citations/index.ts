export { default as styles } from './citations.css?inline'
export { copyText } from './copy_text.ts'
export { markText } from './mark_text.ts'
