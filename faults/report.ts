import { ABILITIES } from './list/abilities.ts'
import { FAULTS, whyImpossible } from './list/faults.ts'
import { isKnown, KNOWN, type Known } from './known.ts'
import { ALL_PAIRS, nameOf, pointsToMeet, POSSIBLE_PAIRS, type Blow, type Plan } from './plan.ts'
import type { Story, Violation } from './sequence.ts'

interface Found extends Violation {
  plan: Plan
  known: Known | undefined
}

export interface Result {
  found: readonly Found[]
  /** What makes the run fail. */
  failures: readonly string[]
}

/** How a story is told in one line. */
export const tell = ({ id, ability, actPoint, blows }: Plan): string =>
  `#${id} ${ability.name}${ability.act ? ` at ${actPoint}` : ''}, ${blows
    .map(({ fault, point, nth }) => `${fault.name} at ${point}${nth > 1 ? ` ${nth}` : ''}`)
    .join(', ')}`

/** Sums a run up. */
export function sumUp(stories: readonly Story[], breakdowns: readonly string[], wantsAllPairs: boolean): Result {
  const found = stories.flatMap(({ plan, violations }) =>
    violations.map((violation): Found => ({
      ...violation,
      plan,
      known: KNOWN.find((known) => isKnown(known, violation, plan)),
    })),
  )
  const unknown = found.filter(({ known }) => !known)
  const failures = unknown.map(({ kind, plan }) => `${kind}: ${tell(plan)}`)
  for (const line of breakdowns) if (!KNOWN.some(({ kind }) => kind === kindOfBreakdown(line))) failures.push(line)
  if (wantsAllPairs) failures.push(...neverMet(stories))
  return { found, failures }
}

/** A process ended or threw where nobody had struck it. */
const kindOfBreakdown = (line: string): string =>
  line.startsWith('stack: ') ? 'stack-process-died' : 'function-crashed'

const meetings = (stories: readonly Story[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { plan, met } of stories)
    for (const fault of met) {
      const key = `${plan.ability.name} × ${fault}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  return counts
}

/** The faults that struck, and where. */
export const blowsMet = (stories: readonly Story[]): Blow[] =>
  stories.flatMap(({ plan, met }) => plan.blows.filter(({ fault }) => met.includes(fault.name)))

const neverMet = (stories: readonly Story[]): string[] => {
  const counts = meetings(stories)
  const points = pointsToMeet(blowsMet(stories)).map(({ fault, point }) => `never-met: ${fault.name} at ${point}`)
  const pairs = POSSIBLE_PAIRS.filter((pair) => !counts.has(nameOf(pair))).map((pair) => `never-met: ${nameOf(pair)}`)
  return [...pairs, ...points]
}

/** How often each ability met each fault, and what was found, by kind. */
export function print(stories: readonly Story[], { found }: Result, breakdowns: readonly string[]): void {
  const counts = meetings(stories)
  const abilities = ABILITIES.map(({ name }) => name)
  console.log(
    `\nHow often they met (– impossible)\n${''.padEnd(24)}${abilities.map((name) => name.padStart(15)).join('')}`,
  )
  for (const fault of FAULTS) {
    const cells = ABILITIES.map((ability) =>
      whyImpossible(ability, fault) ? '–' : String(counts.get(nameOf({ ability, fault })) ?? 0),
    )
    console.log(`${fault.name.padEnd(24)}${cells.map((cell) => cell.padStart(15)).join('')}`)
  }
  for (const fault of FAULTS.filter(({ everyPoint }) => everyPoint)) {
    const blows = blowsMet(stories).filter((blow) => blow.fault === fault)
    const points = fault.points.map((point) => `${point} ${blows.filter((blow) => blow.point === point).length}`)
    console.log(`\n${fault.name} at: ${points.join(', ')}`)
  }
  const impossible = ALL_PAIRS.length - POSSIBLE_PAIRS.length
  if (impossible > 0) console.log(`${impossible} pairs are impossible: list/faults.ts says why.`)

  console.log('\nFound, by kind')
  for (const [kind, list] of Map.groupBy(found, (violation) => violation.kind)) {
    const known = list.filter((violation) => violation.known).length
    console.log(`${kind}: ${list.length}${known > 0 ? ` (${known} known)` : ''}`)
    for (const { plan, detail } of list.filter((violation) => !violation.known).slice(0, 3))
      console.log(`  ${tell(plan)}\n    ${detail.replaceAll('\n', '\n    ')}`)
  }
  for (const line of breakdowns) console.log(`${kindOfBreakdown(line)}: ${line}`)
  const slowest = stories.toSorted((one, other) => other.settledMs - one.settledMs)[0]
  if (slowest)
    console.log(
      `\nThe longest that a page took to settle: ${(slowest.settledMs / 1_000).toFixed(1)} s, ${tell(slowest.plan)}`,
    )
  console.log(`Presses of "try again": ${stories.reduce((sum, { presses }) => sum + presses, 0)}`)
}
