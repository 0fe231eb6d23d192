export { announceCount, Count } from './count.tsx'
export { default as styles } from './length.css?inline'
