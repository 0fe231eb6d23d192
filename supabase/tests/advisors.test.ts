import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { advise, pushMigrations } from '../../packages/local/src/index.ts'
import exceptions from './advisors.exceptions.json' with { type: 'json' }
import { createDatabase } from './support/database.ts'

// One of its own: others' tests make tables that are none of ours.
const database = await createDatabase(workerStack().dbUrl)
afterAll(() => database.drop())

const isAbout = (of: string, place: string): boolean =>
  of.endsWith('.*') ? place.startsWith(of.slice(0, -1)) : place === of

it('`supabase db advisors` reports nothing but what has its reason in advisors.exceptions.json, and all of that', async () => {
  await pushMigrations(database.url)
  const advices = (await advise(database.url)).map(({ name, detail, metadata }) => ({
    name,
    detail,
    place: `${metadata?.schema}.${metadata?.name}`,
  }))
  const unexplained = advices.filter(
    ({ name, place }) => !exceptions.some(({ advice, of }) => advice === name && of.some((one) => isAbout(one, place))),
  )
  expect(unexplained).toEqual([])
  const gone = exceptions.flatMap(({ advice, of }) =>
    of
      .filter((one) => !advices.some(({ name, place }) => name === advice && isAbout(one, place)))
      .map((one) => `${advice} ${one}`),
  )
  expect(gone).toEqual([])
})

it('each exception says why, once', () => {
  for (const { advice, of, reason } of exceptions) {
    expect([advice, reason]).toEqual([advice, expect.stringMatching(/^[A-Z].{40,}\.$/)])
    expect(of.length).toBeGreaterThan(0)
  }
  expect(new Set(exceptions.map(({ advice }) => advice)).size).toBe(exceptions.length)
})
