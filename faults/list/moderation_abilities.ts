import type { Settings } from '../world/assistant.ts'
import { MODERATION_POINTS, TOOL_POINTS, type Point } from '../world/trace.ts'
import type { Ability } from './ability.ts'
import { AFTER_BEGIN, askFirst, openSecond, reload, stop } from './acts.ts'
import { MODERATION_FAULTS } from './moderation_faults.ts'
import { askWith } from './tool_abilities.ts'

const FOLLOW_UPS: readonly Point[] = ['follow-ups-called', 'follow-ups-saved']
/** Where no model is asked, nobody comes. */
const AFTER_CHECK: readonly Point[] = ['model-called', 'model-spoke', 'part-sent', 'model-ended', ...FOLLOW_UPS]
const MODERATES: Settings = { moderates_input: true, moderates_output: true }
/** What goes wrong with what is moderated, or with who has it moderated. */
const WHILE_MODERATED = [
  ...MODERATION_FAULTS.map(({ name }) => name),
  'stream-cut',
  'model-cut',
  'database-answer-lost',
  'database-gone',
  'worker-killed',
  'worker-frozen',
]

/** What is flagged by moderation, and what isn't. */
export const MODERATION_ABILITIES: readonly Ability[] = [
  // The title is flagged, and the follow-ups with it: the answer stays.
  { name: 'moderated', settings: MODERATES, flagged: 'title', further: MODERATION_POINTS },
  {
    name: 'flag-question',
    settings: MODERATES,
    flagged: 'question',
    further: ['question-check-asked'],
    lacks: AFTER_CHECK,
    codes: ['input_flagged'],
  },
  {
    // Nobody has checked it then.
    name: 'stop-question',
    settings: MODERATES,
    flagged: 'question',
    act: stop,
    points: ['question-check-asked'],
    further: ['question-check-asked'],
    lacks: AFTER_CHECK,
    meets: WHILE_MODERATED,
    sends: true,
    codes: ['input_flagged', 'aborted'],
  },
  {
    name: 'flag-answer',
    settings: MODERATES,
    prepare: askFirst,
    flagged: 'answer',
    act: openSecond,
    further: ['question-check-asked', 'answer-check-asked'],
    lacks: FOLLOW_UPS,
    meets: [...WHILE_MODERATED, 'request-lost', 'answer-lost', 'database-request-lost', 'backend-killed'],
    codes: ['output_flagged'],
  },
  {
    name: 'flag-after-tool',
    settings: MODERATES,
    flagged: 'answer',
    ask: askWith('look_up'),
    further: ['question-check-asked', 'answer-check-asked', ...TOOL_POINTS],
    lacks: FOLLOW_UPS,
    meets: [...WHILE_MODERATED, 'tool-answer-lost'],
    codes: ['output_flagged'],
  },
  {
    name: 'flag-early',
    settings: MODERATES,
    flagged: 'beginning',
    act: reload,
    points: AFTER_BEGIN,
    further: ['question-check-asked', 'answer-check-asked'],
    lacks: FOLLOW_UPS,
    meets: WHILE_MODERATED,
    codes: ['output_flagged', 'disposed'],
  },
  {
    name: 'stop-flagged',
    settings: MODERATES,
    flagged: 'beginning',
    act: stop,
    further: ['question-check-asked', 'answer-check-asked'],
    lacks: FOLLOW_UPS,
    meets: WHILE_MODERATED,
    sends: true,
    waits: true,
    codes: ['output_flagged', 'aborted'],
  },
  {
    name: 'unmoderated',
    settings: { ...MODERATES, moderation_fails_open: true },
    further: MODERATION_POINTS,
    meets: WHILE_MODERATED,
    spares: ['moderation_unavailable'],
  },
]
