export { default as styles } from './jump.css?inline'
export { JumpToLatest } from './jump_to_latest.tsx'
export { begin } from './draw_for_search.ts'
