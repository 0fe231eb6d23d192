// What is fetched when a turn waits for calls of tools.
export { approve, deny } from './decide_call.ts'
export { watchCalls } from './watch_calls.ts'
