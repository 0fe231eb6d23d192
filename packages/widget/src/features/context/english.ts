import type { ContextStrings } from '../runtime.ts'

export const ENGLISH: ContextStrings = {
  contextSent: 'Sent along: {page}',
  contextLeft: 'Not sent along: {page}',
  contextPage: 'this page',
  contextAbout: 'The page says this of itself. It goes with your message, for the answer.',
  contextLeaveOnce: 'Leave out this time',
  contextLeave: 'Leave out from now on',
  contextPutBack: 'Send along again',
}
