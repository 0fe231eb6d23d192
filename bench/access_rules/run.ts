import { parseArgs } from 'node:util'
// oxlint-disable-next-line no-restricted-imports -- the bench is no dependant of packages
import { startStack } from '../../packages/local/src/index.ts'
import { BUSY_SITE, connectAsSuperuser, seedConversations } from './seed.ts'
import { measure } from './measure.ts'
import { isScanOfLargeTable, listLargeTables, openPlanReader, type Scan } from './plans.ts'
import { createQueries, type Query } from './queries.ts'
import { pickVisits } from './visits.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: String(BUSY_SITE.messages) },
    visits: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '3' },
  },
})
const MAX_RATIO = 3
/** A difference below this is within the noise of the measurement. */
const NOISE_MS = 0.25
const MAX_SECONDS = 300
const messages = Number(values.messages)
const part = messages / BUSY_SITE.messages
const size = { messages, threads: BUSY_SITE.threads * part, sessions: BUSY_SITE.sessions * part }

const failures: string[] = []
const print = (cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`)
const describeScan = ({ kind, table, index }: Scan): string => `${table.replace(/^.*\./, '')}: ${index ?? kind}`

const stack = await startStack()
const sql = connectAsSuperuser(stack.dbUrl)
const plans = await openPlanReader(stack.dbUrl)
try {
  const started = performance.now()
  await seedConversations(sql, size)
  const seconds = (performance.now() - started) / 1000
  console.log(
    `${messages} messages in ${size.threads} threads of ${size.sessions} sessions, made in ${seconds.toFixed(0)} s`,
  )
  if (seconds > MAX_SECONDS) failures.push(`Making them took more than ${MAX_SECONDS} s.`)
  const large = await listLargeTables(sql, size.sessions / 2)

  console.log('\nMilliseconds in the database, medians; which indexes of large tables it went by\n')
  print(['Caller', 'Query', 'with row security', 'without', 'ratio', 'large tables'])
  print(['-', '-', '-', '-', '-', '-'])
  for (const [caller, visits] of Object.entries(await pickVisits(sql, Number(values.visits)))) {
    const lists = visits.map(createQueries)
    for (const [place, { name }] of lists[0]!.entries()) {
      const queries = lists.map((list) => list[place]!)
      const scans = await readScans(queries.slice(0, 5), large)
      const { secured, unsecured } = await measure(sql, queries, Number(values.rounds))
      const ratio = secured / unsecured
      print([caller, name, secured.toFixed(2), unsecured.toFixed(2), ratio.toFixed(2), [...scans.keys()].join(', ')])
      for (const [description, scan] of scans)
        if (isScanOfLargeTable(scan, large)) failures.push(`${caller}, ${name}: reads all of ${description}`)
      if (ratio > MAX_RATIO && secured - unsecured > NOISE_MS)
        failures.push(`${caller}, ${name}: row security makes it ${ratio.toFixed(1)} times as slow`)
    }
  }
} finally {
  await plans.close()
  await sql.end()
  await stack.stop()
}
if (failures.length > 0) {
  console.error(`\n${failures.join('\n')}`)
  process.exitCode = 1
}

/** The scans of large tables by their description, with custom and with generic plans. */
async function readScans(queries: Query[], large: ReadonlySet<string>): Promise<Map<string, Scan>> {
  const scans = new Map<string, Scan>()
  for (const kind of ['custom', 'generic'] as const)
    for (const query of queries)
      for (const scan of await plans.read(query, { plans: kind }))
        if (large.has(scan.table)) scans.set(describeScan(scan), scan)
  return scans
}
