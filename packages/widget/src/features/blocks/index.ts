export { CodeBar } from './code_bar.tsx'
export { default as styles } from './blocks.css?inline'
