import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  loadOlder: 'Show earlier messages',
  followUpQuestions: 'Follow-up questions',
  answered: '{name} answered',
  copyAnswer: 'Copy answer',
  copied: 'Copied',
  copyFailed: 'Copying isn’t allowed here',
  stopped: 'You stopped this answer.',
  cutTime: 'This answer took too long and was cut short.',
  cutLength: 'This answer reached its length limit.',
  cutFilter: 'This answer was cut short by a content filter.',
  cutBudget: 'This answer was cut short by a usage limit.',
} satisfies Partial<Strings>
