export { default as styles } from './jump.css?inline'
export { JumpToLatest } from './jump_to_latest.tsx'
