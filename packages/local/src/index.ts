export { startStack, type Stack, type StackOptions } from './stack.ts'
export { PartError } from './parts.ts'
export { PortBusyError, type PortWish } from './ports.ts'
