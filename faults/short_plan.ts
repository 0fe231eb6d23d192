import { planByName, type Plan, type PlannedByName } from './plan.ts'

/** The stories of the run in `npm test`. Those of a killed worker wait for its lease, and the others play meanwhile. */
const STORIES: readonly PlannedByName[] = [
  { ability: 'ask', fault: 'worker-killed', point: 'part-sent', nth: 3 },
  { ability: 'reload', actPoint: 'append-answered', fault: 'worker-killed', point: 'finish-answered' },
  { ability: 'rename', actPoint: 'finish-answered', fault: 'worker-killed', point: 'complete-sent' },
  { ability: 'ask', fault: 'model-cut' },
  { ability: 'retry', fault: 'model-busy' },
  { ability: 'stop', actPoint: 'part-sent', fault: 'act-answer-lost' },
  { ability: 'ask-again', fault: 'request-lost' },
  { ability: 'reload', actPoint: 'part-sent', fault: 'database-answer-lost', point: 'append-answered' },
  { ability: 'second-tab', actPoint: 'model-spoke', fault: 'stream-cut', point: 'part-sent', nth: 4 },
  { ability: 'two-questions', actPoint: 'part-sent', fault: 'answer-lost' },
  { ability: 'rename', actPoint: 'model-spoke', fault: 'database-answer-lost', point: 'finish-answered' },
  { ability: 'leave', actPoint: 'begin-answered', fault: 'database-request-lost', point: 'finish-asked' },
  { ability: 'identify', actPoint: 'part-sent', fault: 'act-answer-lost' },
  { ability: 'sign-out', actPoint: 'append-asked', fault: 'browser-clock-jumps', point: 'part-sent' },
  { ability: 'erase', actPoint: 'part-sent', fault: 'worker-clock-jumps', point: 'begin-answered' },
  { ability: 'delete-thread', actPoint: 'model-ended', fault: 'act-request-lost' },
  { ability: 'regenerate', fault: 'answer-lost' },
  { ability: 'edit', fault: 'request-lost' },
  { ability: 'continue', fault: 'worker-killed', point: 'part-sent', nth: 3 },
  { ability: 'tool', fault: 'tool-answer-lost', point: 'tool-called' },
  { ability: 'approve', actPoint: 'follow-ups-saved', fault: 'database-answer-lost', point: 'resume-answered' },
  { ability: 'ask-instead', actPoint: 'follow-ups-saved', fault: 'stream-cut', point: 'waiting-sent' },
  { ability: 'page-tool', fault: 'database-request-lost', point: 'wait-asked' },
  { ability: 'moderated', fault: 'moderation-down', point: 'follow-ups-check-asked' },
  { ability: 'flag-question', fault: 'moderation-answer-lost', point: 'question-check-asked' },
  { ability: 'flag-answer', actPoint: 'part-sent', fault: 'stream-cut', point: 'part-sent', nth: 2 },
  { ability: 'flag-early', actPoint: 'finish-answered', fault: 'worker-killed', point: 'answer-check-asked' },
  { ability: 'attach', fault: 'bytes-answer-lost', point: 'bytes-stored' },
  { ability: 'file-alone', fault: 'worker-killed', point: 'complete-upload-answered' },
  { ability: 'take-off', fault: 'link-ended', point: 'bytes-sent' },
  { ability: 'upload-erase', actPoint: 'complete-upload-asked', fault: 'bytes-answer-lost', point: 'bytes-stored' },
  { ability: 'switch', actPoint: 'follow-ups-saved', fault: 'act-answer-lost' },
]

export const planShort = (): Plan[] => STORIES.map(planByName)
