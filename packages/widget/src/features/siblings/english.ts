import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  anotherAnswer: 'Try another answer',
  continueAnswer: 'Continue',
  edit: 'Edit',
  editQuestion: 'Edit your question',
  sendEdited: 'Send',
  cancel: 'Cancel',
  answerOf: 'Answer {number} of {count}',
  questionOf: 'Question {number} of {count}',
  previous: 'Previous',
  next: 'Next',
} satisfies Partial<Strings>
