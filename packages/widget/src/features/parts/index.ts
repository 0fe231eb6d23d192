export { partViews } from './part_views.ts'
export { default as styles } from './parts.css?inline'
