import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import postgres from 'postgres'
// oxlint-disable-next-line no-restricted-imports -- the bench is no dependant of packages
import type { createClient as CreateClient } from '../../packages/core/src/index.ts'
// oxlint-disable-next-line no-restricted-imports -- the bench is no dependant of packages
import type { startStack as StartStack } from '../../packages/local/src/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { answers: { type: 'string', default: '60' } },
})

interface Answer {
  /** Milliseconds from sending to the first words, and to the end. */
  first: number
  whole: number
}

/** A stack of one checkout, and a guest who talks to its demo assistant by that checkout's own client. */
async function startVisit(checkout: string) {
  const load = (path: string) => import(pathToFileURL(resolve(checkout, path)).href)
  const { startStack } = (await load('packages/local/src/index.ts')) as { startStack: typeof StartStack }
  const { createClient } = (await load('packages/core/src/index.ts')) as { createClient: typeof CreateClient }
  const stack = await startStack({ root: resolve(checkout) })
  const sql = postgres(stack.dbUrl, { max: 1 })
  await sql`update loacl.assistants set messages_per_minute = null, messages_per_hour_per_address = null`
  await sql.end()
  const client = createClient({ url: stack.apiUrl, key: stack.publishableKey, assistant: stack.assistantId })
  return {
    checkout,
    answers: [] as Answer[],
    /** Asks in a conversation of its own. */
    async ask(): Promise<Answer> {
      const start = performance.now()
      const turn = client.threads.create().send('What can you do?')
      let first = 0
      for await (const { type } of turn) if (type === 'text') first ||= performance.now() - start
      const result = await turn.done
      if (result.status === 'failed') throw result.error
      return { first, whole: performance.now() - start }
    },
    async stop() {
      client.dispose()
      await stack.stop()
    },
  }
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const visits: Awaited<ReturnType<typeof startVisit>>[] = []
for (const checkout of positionals.length > 0 ? positionals : ['..']) visits.push(await startVisit(checkout))
try {
  // In turns, so that a machine that slows down slows all of them down. The first ones warm up.
  for (let n = -5; n < Number(values.answers); n++)
    for (const visit of visits) {
      const answer = await visit.ask()
      if (n >= 0) visit.answers.push(answer)
    }
  console.log(`\nMedians of ${values.answers} answers; ms (times the first checkout)\n`)
  console.log('| Checkout | First words | Whole answer |\n| - | - | - |')
  for (const { checkout, answers } of visits) {
    const cell = (key: keyof Answer) => {
      const of = (list: Answer[]) => median(list.map((answer) => answer[key]))
      return `${of(answers).toFixed(1)} (${(of(answers) / of(visits[0]!.answers)).toFixed(2)})`
    }
    console.log(`| ${checkout} | ${cell('first')} | ${cell('whole')} |`)
  }
} finally {
  for (const visit of visits) await visit.stop()
}
