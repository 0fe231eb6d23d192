import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from '@playwright/test'
import { bundle } from './sizes.ts'

const CHUNKS = 500
const INTERVAL_MS = 4

/** Each without a letter, as many elements with letters, and what comes before either. */
const PIECES: readonly (readonly [string, string, string?])[] = [
  ['\\\n', 'a\\\n'],
  ['`1` ', '`a` '],
  ['*1* ', '*a* '],
  ['1. 1\n', '1. a\n'],
  ['> 1\n', '> a\n'],
  ['> 1\n\n', '> a\n\n'],
  ['|1|1|\n', '|a|a|\n', '|1|1|\n|-|-|\n'],
]

const { values } = parseArgs({
  options: { characters: { type: 'string', default: '25000' }, runs: { type: 'string', default: '3' } },
})

const code = await bundle('./page.ts')

/** Milliseconds that the page worked to show an answer, in one piece or in many, laying out and painting included. */
async function work(browser: Browser, source: string, count: number): Promise<number> {
  const page = await browser.newPage()
  await page.addScriptTag({ content: code, type: 'module' })
  await page.waitForFunction(() => typeof window.bench === 'function')
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const taskSeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
  const size = Math.ceil(source.length / count)
  const chunks = Array.from({ length: count }, (_, i) => source.slice(i * size, (i + 1) * size))
  const before = await taskSeconds()
  await page.evaluate(([pieces, interval]) => window.bench('LOACL', pieces, interval), [chunks, INTERVAL_MS] as const)
  const after = await taskSeconds()
  await page.close()
  return (after - before) * 1000
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const print = (cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`)

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
try {
  const characters = Number(values.characters)
  for (const [way, count] of [
    ['whole', 1],
    [`in ${CHUNKS} pieces`, CHUNKS],
  ] as const) {
    console.log(`\n${way}; ms of work\n`)
    print(['Repeated', characters, characters * 2, 'ratio', 'as many with letters', 'ratio'])
    print(Array.from({ length: 6 }, () => '-'))
    for (const [letterless, letters, head = ''] of PIECES) {
      const n = Math.floor(characters / letterless.length)
      const texts = [letterless.repeat(n), letterless.repeat(2 * n), letters.repeat(2 * n)].map((text) => head + text)
      const times: number[][] = texts.map(() => [])
      // In turns, so that a machine that slows down slows all of them down.
      for (let run = 0; run < Number(values.runs); run++)
        for (const [i, text] of texts.entries()) times[i]?.push(await work(browser, text, count))
      const [half = 0, full = 0, lettered = 0] = times.map(median)
      const ratio = (base: number) => (full / base).toFixed(1)
      const shown = JSON.stringify(letterless).slice(1, -1).replaceAll('|', '\\|')
      print([shown, Math.round(half), Math.round(full), ratio(half), Math.round(lettered), ratio(lettered)])
    }
  }
} finally {
  await browser.close()
}
