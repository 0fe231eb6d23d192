export { Actions } from './actions.tsx'
export { default as styles } from './siblings.css?inline'
