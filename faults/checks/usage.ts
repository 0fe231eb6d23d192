import { isAccounted, type Check } from './check.ts'

/** The usage log is the model's own log where the model told what it used, and marks an estimate everywhere else. */
export const checkUsage: Check = ({ visitor, stored, calls }) => {
  // What tools and checks cost has rows of its own.
  const usage = stored.usage.filter(({ purpose }) => purpose !== 'tool' && purpose !== 'moderation')
  const exact = usage.filter(({ isEstimate }) => isEstimate !== true)
  const estimates = usage.length - exact.length
  const violations = calls
    .filter((call) => !call.refused && isAccounted(visitor, call))
    .flatMap(({ tokens, purpose }) => {
      const rows = exact.filter(({ outputTokens }) => outputTokens === tokens).length
      if (rows === 1) return []
      return [
        {
          kind: rows === 0 ? 'usage-lost' : 'usage-doubled',
          detail: `${rows} rows for the ${purpose} of ${tokens} tokens`,
        },
      ]
    })
  const untold = calls.filter((call) => !isAccounted(visitor, call))
  const invented = exact.filter(({ outputTokens }) => calls.every(({ tokens }) => tokens !== outputTokens))
  if (untold.length > estimates)
    violations.push({
      kind: 'usage-unknown',
      detail: `${untold.length} calls whose usage did not come (${untold.map(({ purpose }) => purpose).join(', ')}), ${estimates} estimates`,
    })
  if (invented.length > 0) violations.push({ kind: 'usage-invented', detail: JSON.stringify(invented) })
  return violations
}

/** Once nothing is reserved any more, the budget holds what was used. */
export const checkBudget: Check = ({ stored: { budgetTokens, usedTokens, reservations } }) =>
  reservations > 0 || budgetTokens === usedTokens
    ? []
    : [{ kind: 'budget-left', detail: `${budgetTokens} tokens in the budget, ${usedTokens} in the usage log` }]
