import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
// oxlint-disable-next-line no-restricted-imports -- the bench is no dependant of packages
import { type Script, startMockModel } from '../../packages/mock-model/src/index.ts'
import postgres from 'postgres'
// oxlint-disable-next-line no-restricted-imports -- the bench is no dependant of packages
import { startStack } from '../../packages/local/src/index.ts'
import { askModel, callDatabase, createVisitor, type Stream } from './streams.ts'
import { findWorker } from './worker.ts'

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '100' },
    streams: { type: 'string', default: '50,200,500' },
  },
})

/** `<pieces>x<characters> <milliseconds>`: what the model says to a question, and how far apart. */
const plan = (pieces: number, characters: number, ms: number): string => `${pieces}x${characters} ${ms}`
const HELLO = plan(1, 5, 0)
/** As fast as models stream. */
const REALISTIC = plan(400, 5, 10)
/** 2,000 tokens of four characters. */
const TOKENS_2000 = plan(500, 16, 10)
const AT_ONCE = plan(200, 20, 50)

const script: Script = async (say, response, { question }) => {
  const [, pieces, characters, ms] = /(\d+)x(\d+) (\d+)/.exec(question)!.map(Number)
  const start = performance.now()
  for (let piece = 0; piece < pieces! && !response.destroyed; piece++) {
    // By the clock: a sleep of its own each time would add up.
    const wait = start + piece * ms! - performance.now()
    if (wait > 0) await sleep(wait)
    say('x'.repeat(characters!))
  }
}

const rank = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))]!
const row = (...cells: unknown[]) => console.log(`| ${cells.join(' | ')} |`)
const ms = (value: number): string => value.toFixed(1)

const model = await startMockModel({ script })
const stack = await startStack({ modelUrl: model.url, apiKey: 'sk-bench' })
const sql = postgres(stack.dbUrl, { max: 1 })
try {
  await sql`
    update loacl.assistants
    set messages_per_minute = null, messages_per_hour_per_address = null, tokens_per_day = null
  `
  const worker = findWorker('loacl-chat')
  const count = Number(values.answers)

  console.log(`\nTo the first words, ${count} answers; ms\n`)
  row('Asked', 'median', 'p95')
  row('-', '-', '-')
  const inShort = createVisitor(stack)
  const inLong = createVisitor(stack)
  for (let turn = 0; turn < 100; turn++) await inLong(HELLO)
  const asked: Record<string, () => Promise<Stream>> = {
    'the model itself': () => askModel(model.url, HELLO),
    'in a new thread': () => createVisitor(stack)(HELLO),
    'in one thread, from 2 messages on': () => inShort(HELLO),
    'in a thread of 200 messages': () => inLong(HELLO),
  }
  const firsts = new Map<string, number[]>(Object.keys(asked).map((name) => [name, []]))
  // In turns, so that a machine that slows down slows all of them down. The first ones warm up.
  for (let n = -10; n < count; n++)
    for (const [name, ask] of Object.entries(asked)) {
      const { first } = await ask()
      if (n >= 0) firsts.get(name)!.push(first)
    }
  for (const [name, list] of firsts) row(name, ms(rank(list, 0.5)), ms(rank(list, 0.95)))
  const calls: number[] = []
  for (let n = 0; n < count; n++) calls.push(await callDatabase(stack))
  row('(one call of the database that does nothing)', ms(rank(calls, 0.5)), ms(rank(calls, 0.95)))

  console.log('\nA whole answer of 400 pieces, 10 ms apart; ms\n')
  const [direct, through] = [await askModel(model.url, REALISTIC), await createVisitor(stack)(REALISTIC)]
  row('Asked', 'whole answer', 'times')
  row('-', '-', '-')
  row('the model itself', ms(direct.whole), 1)
  row('through LOACL', ms(through.whole), (through.whole / direct.whole).toFixed(3))

  console.log('\nAn answer of 2,000 tokens (500 pieces, 10 ms apart)\n')
  const [{ before }] = await sql<[{ before: string }]>`select pg_current_wal_insert_lsn()::text as before`
  const rows = () =>
    sql<[{ written: number }]>`
      select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as written from pg_stat_user_tables where schemaname like 'loacl%'
    `
  // What another session has counted is there after a second.
  await sleep(1_100)
  const [{ written: rowsBefore }] = await rows()
  const cpuBefore = worker.cpu()
  await createVisitor(stack)(TOKENS_2000)
  const cpu = worker.cpu() - cpuBefore
  await sleep(1_100)
  const [{ written: rowsAfter }] = await rows()
  const [{ bytes }] = await sql<[{ bytes: number }]>`
    select (pg_current_wal_insert_lsn() - ${before}::pg_lsn)::int as bytes
  `
  row('rows written', 'kB of the write-ahead log', 'ms of processor time in the function')
  row('-', '-', '-')
  row(rowsAfter - rowsBefore, Math.round(bytes / 1024), Math.round(cpu * 1000))

  console.log('\nStreams at once: 200 pieces, 50 ms apart\n')
  row(
    'Streams',
    'lost',
    'refused at first',
    'whole answer, median ms',
    'MB a stream',
    'of it after half the time',
    'ms of processor time a stream',
  )
  row('-', '-', '-', '-', '-', '-', '-')
  for (const streams of values.streams.split(',').map(Number)) {
    const [idle, spent] = [worker.memory(), worker.cpu()]
    let [peak, half] = [0, 0]
    const start = performance.now()
    const sampling = setInterval(() => {
      peak = Math.max(peak, worker.memory())
      if (performance.now() - start < 5_000) half = peak
    }, 100)
    const results = await Promise.allSettled(Array.from({ length: streams }, () => createVisitor(stack)(AT_ONCE)))
    clearInterval(sampling)
    const done = results.flatMap((result) =>
      result.status === 'fulfilled' && result.value.characters === 4_000 ? [result.value] : [],
    )
    const whole = done.map((stream) => stream.whole)
    for (const result of results.slice(0, 3)) if (result.status === 'rejected') console.error(String(result.reason))
    row(
      streams,
      streams - done.length,
      done.filter(({ refused }) => refused > 0).length,
      ms(rank(whole, 0.5)),
      ((peak - idle) / streams).toFixed(2),
      ((half - idle) / streams).toFixed(2),
      Math.round(((worker.cpu() - spent) * 1000) / streams),
    )
  }
} finally {
  await sql.end()
  await stack.stop()
  model.stop()
}
