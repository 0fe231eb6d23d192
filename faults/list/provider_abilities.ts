import { POINTS, SUMMARY_POINTS } from '../world/trace.ts'
import type { Ability } from './ability.ts'
import { askFirst } from './acts.ts'
import { MODEL_FAULTS } from './model_faults.ts'

const AFTER_ANSWER = POINTS.slice(POINTS.indexOf('model-ended'))

/** What visitors ask whose assistant has a second provider, or has long conversations summarized. */
export const PROVIDER_ABILITIES: readonly Ability[] = [
  {
    name: 'fallback',
    hasFallback: true,
    meets: [...MODEL_FAULTS.map(({ name }) => name), 'database-answer-lost', 'worker-killed', 'worker-frozen'],
    // Another provider may do better.
    spares: ['model_unavailable', 'model_rate_limited'],
  },
  {
    name: 'summarize',
    settings: { context_strategy: 'summarization', context_token_budget: 500 },
    prepare: askFirst,
    // Of most of the budget.
    text: ({ questions, name }) =>
      `Question ${questions.length + 1} of ${name}?${' How does the lamp turn at night?'.repeat(40)}`,
    further: SUMMARY_POINTS,
    lacks: POINTS.filter((point) => !AFTER_ANSWER.includes(point)),
    meets: [
      'database-request-lost',
      'database-answer-lost',
      'database-gone',
      'backend-killed',
      'worker-killed',
      'worker-frozen',
    ],
  },
]
