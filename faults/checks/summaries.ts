import type { Check } from './check.ts'

/** What is stored as a summary is what the model made. */
export const checkSummaries: Check = async ({ visitor: { world, assistant }, plan, calls }) => {
  if (!plan.ability.settings?.context_strategy) return []
  const stored = await world.sql<{ summary: string }[]>`
    select c.summary from loacl.context_optimizations c join loacl.threads t on t.id = c.thread_id
    where t.assistant_id = ${assistant.id} and c.optimization_type = 'summarization'`
  const made = new Set(calls.flatMap(({ purpose, said }) => (purpose === 'summary' ? said : [])))
  const kinds = stored.flatMap(({ summary }) => (made.has(summary) ? [] : { kind: 'summary-wrong', detail: summary }))
  return made.size > 0 ? kinds : [{ kind: 'summary-never-made', detail: assistant.id }, ...kinds]
}
