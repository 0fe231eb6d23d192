// `npm run test:faults`: random faults over a visitor's whole story. README.md says what is checked, and how to read it.
import { parseArgs } from 'node:util'
import { KNOWN } from './known.ts'
import { runPlanted } from './planted/run_planted.ts'
import {
  nameOf,
  type Pair,
  planMeetings,
  planPairs,
  planPoints,
  planSequences,
  pointsToMeet,
  POSSIBLE_PAIRS,
} from './plan.ts'
import { blowsMet, print, sumUp, tell } from './report.ts'
import { playAll, playTogether } from './round.ts'
import type { Story } from './sequence.ts'
import { planShort } from './short_plan.ts'
import { Worlds } from './world/worlds.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    sequences: { type: 'string', default: '750' },
    /** Pairs whose names fit, such as "^stop × worker", or planted bugs. */
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const began = Date.now()
const seconds = (): string => `${Math.round((Date.now() - began) / 1_000)} s`

/** Plays what was asked for, and says whether all is as it should be. */
async function run(): Promise<boolean> {
  if (values.planted) return await runPlanted(new RegExp(values.only ?? ''))
  const seed = Number(values.seed)
  console.log(`Seed ${seed}`)
  const stories: Story[] = []
  const tellStory = (story: Story): void => {
    stories.push(story)
    if (values.verbose) console.log(lineOf(story))
  }
  const worlds = new Worlds()
  const play = values.short ? playTogether : playAll
  await play(worlds, plan(seed), tellStory)
  const isWhole = !values.short && !values.only
  if (isWhole) await playUnmet(worlds, seed, stories, tellStory)
  await worlds.stop()

  const { breakdowns } = worlds
  const result = sumUp(stories, breakdowns, isWhole)
  const failures = [...result.failures]
  if (values.short)
    for (const { kind, isInShortRun } of KNOWN)
      if (isInShortRun && !result.found.some((found) => found.kind === kind))
        failures.push(`"${kind}" is listed as known, and no longer occurs: take it off known.ts`)
  if (!values.short) print(stories, result, breakdowns)
  for (const failure of failures) console.log(`✗ ${failure}`)
  console.log(`${stories.length} sequences in ${seconds()}, seed ${seed}: ${failures.length} failures`)
  return failures.length === 0
}

function plan(seed: number) {
  if (values.short) return planShort()
  if (!values.only) return planSequences(seed, Number(values.sequences))
  const wanted = new RegExp(values.only)
  return planPairs(
    POSSIBLE_PAIRS.filter((pair) => wanted.test(nameOf(pair))),
    seed,
  )
}

/** Pairs that never met, for a turn may end before it comes to the fault's point: at other points, and at last for certain. */
async function playUnmet(
  worlds: Worlds,
  seed: number,
  stories: Story[],
  onStory: (story: Story) => void,
): Promise<void> {
  for (const again of [1, 2]) {
    const unmet = unmetPairs(stories)
    const points = planPoints(pointsToMeet(blowsMet(stories)), stories.length)
    await playAll(worlds, [...points, ...planPairs(unmet, seed + again, stories.length + points.length)], onStory)
  }
  await playAll(worlds, planMeetings(unmetPairs(stories), stories.length), onStory)
}

const unmetPairs = (stories: readonly Story[]): Pair[] =>
  POSSIBLE_PAIRS.filter(
    ({ ability, fault }) =>
      !stories.some(({ plan: { ability: done }, met }) => done === ability && met.includes(fault.name)),
  )

const lineOf = ({ plan: told, met, settledMs, presses, codes, violations }: Story): string =>
  [
    `${tell(told)} (met ${met.join(', ') || 'nothing'}; ${Math.round(settledMs)} ms, ${presses} presses, ${codes.join(' ')})`,
    ...violations.map(({ kind, detail }) => `  ${kind}: ${detail}`),
  ].join('\n')

// A stack that has died may leave something open.
process.exit(
  await run().then(
    (isFine) => (isFine ? 0 : 1),
    (error: unknown) => {
      console.error(error)
      return 1
    },
  ),
)
