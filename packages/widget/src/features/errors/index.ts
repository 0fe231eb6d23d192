export { describeError } from './describe_error.ts'
export { ErrorAlert } from './error_alert.tsx'
