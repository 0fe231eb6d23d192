export { begin, fitField } from './fit_field.ts'
