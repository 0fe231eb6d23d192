import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chromium, type Page } from '@playwright/test'
import { ANSWERS } from './answer.ts'
import type { Timing } from './page.ts'
import { brotliBytes, bundle } from './sizes.ts'

const CHUNKS = 500
const INTERVAL_MS = 10
const ROUTES = [
  { name: 'plain text', file: './routes/plain_text.ts' },
  { name: 'LOACL', file: './routes/loacl.ts' },
  { name: 'marked, tail re-lexed', file: './routes/marked_tail.ts' },
  { name: 'streaming-markdown', file: './routes/streaming_markdown.ts' },
]

const { values } = parseArgs({
  options: {
    characters: { type: 'string', default: '20000' },
    slowdown: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    answer: { type: 'string', multiple: true, default: Object.keys(ANSWERS) },
  },
})

interface Result extends Timing {
  script: number
}

async function measure(page: Page, route: string, chunks: string[]): Promise<Result> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const scriptSeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0
  }
  await session.send('Emulation.setCPUThrottlingRate', { rate: Number(values.slowdown) })
  const before = await scriptSeconds()
  const timing = await page.evaluate(([name, pieces, interval]) => window.bench(name, pieces, interval), [
    route,
    chunks,
    INTERVAL_MS,
  ] as const)
  const script = ((await scriptSeconds()) - before) * 1000
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await session.detach()
  return { ...timing, script }
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const print = (cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`)
const ratio = (value: number, base: number): string =>
  `${Math.round(value)} (${base ? (value / base).toFixed(2) : '–'})`

const code = await bundle('./page.ts')
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
try {
  const bytes = new Map<string, number>()
  for (const { name, file } of ROUTES) bytes.set(name, await brotliBytes(file))

  for (const answer of values.answer) {
    const source = ANSWERS[answer]?.(Number(values.characters))
    if (!source) throw new Error(`There is no answer "${answer}". Choose of: ${Object.keys(ANSWERS).join(', ')}.`)
    const size = Math.ceil(source.length / CHUNKS)
    const chunks = Array.from({ length: CHUNKS }, (_, i) => source.slice(i * size, (i + 1) * size))
    const results = new Map<string, Result[]>(ROUTES.map(({ name }) => [name, []]))
    // In turns, so that a machine that slows down slows all of them down. Each in a page of its own.
    for (let run = 0; run < Number(values.runs); run++) {
      for (const { name } of ROUTES) {
        const page = await browser.newPage()
        await page.addScriptTag({ content: code, type: 'module' })
        await page.waitForFunction(() => typeof window.bench === 'function')
        results.get(name)?.push(await measure(page, name, chunks))
        await page.close()
      }
    }
    const of = (name: string, key: keyof Result) => median((results.get(name) ?? []).map((result) => result[key]))
    console.log(`\n${answer}, ${source.length} characters, ${values.slowdown}× slowdown; ms (ratio to LOACL)\n`)
    print(['Route', 'end', 'longest task', 'script', 'brotli bytes without Preact'])
    print(['-', '-', '-', '-', '-'])
    for (const { name } of ROUTES) {
      const figures = (['end', 'longestTask', 'script'] as const).map((key) => ratio(of(name, key), of('LOACL', key)))
      print([name, ...figures, bytes.get(name) ?? 0])
    }
  }
} finally {
  await browser.close()
}
