import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from '@playwright/test'
import { NEW, RETURNING } from './project.ts'
import { type Site, startSite } from './site.ts'
import { readTasks } from './tasks.ts'

const { values } = parseArgs({
  options: {
    slowdown: { type: 'string', default: '4' },
    runs: { type: 'string', default: '7' },
    dist: { type: 'string' },
    tasks: { type: 'boolean', default: false },
  },
})

/** When a task may be no part of the opening any more, in milliseconds after the click. */
const SETTLED_MS = 1500
/** What the opening may cost beside the control. */
const MOST_TIMES = 2.5
const MOST_MS_LONGER = 50

interface Opening {
  /** Milliseconds from the click until the text field has the focus, and until the next frame after that was drawn. */
  focused: number
  drawn: number
  longestTask: number
}

/** Clicks the page's button, whose file the browser has already fetched. */
async function measure(browser: Browser, site: Site, path: string): Promise<Opening> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${site.origin}${path}`)
  await page.evaluate(async (isControl) => {
    const source = isControl ? 'control.js' : /"(panel-[\w-]{8}\.js)"/.exec(await (await fetch('/loacl.js')).text())![1]
    await (await fetch(`/${source}`)).text()
  }, path === '/control')
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: Number(values.slowdown) })
  await browser.startTracing(page, { categories: ['blink.user_timing', 'toplevel'] })
  const times = await page.evaluate(
    (settled) =>
      new Promise<{ focused: number; drawn: number }>((resolve) => {
        const host = document.querySelector('loacl-chat')
        const root = host?.shadowRoot ?? document
        const button = root.querySelector('button')!
        const start = performance.now()
        root.addEventListener('focusin', () => {
          if (root.activeElement?.tagName !== 'TEXTAREA') return
          const focused = performance.now() - start
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel()
            port1.addEventListener('message', () => {
              const drawn = performance.now() - start
              setTimeout(() => resolve({ focused, drawn }), settled)
            })
            port1.start()
            port2.postMessage(null)
          })
        })
        setTimeout(() => {
          performance.mark('opening')
          button.click()
        })
      }),
    SETTLED_MS,
  )
  const tasks = readTasks(await browser.stopTracing())
  await context.close()
  if (values.tasks)
    console.log(
      path,
      tasks
        .filter(({ ms }) => ms > 5)
        .map(({ start, ms }) => `${Math.round(start)}+${Math.round(ms)}`)
        .join(' '),
    )
  return { ...times, longestTask: Math.max(...tasks.map(({ ms }) => ms)) }
}

const ROUTES = {
  control: '/control',
  'LOACL, a first visit': `/loacl?assistant=${NEW}`,
  'LOACL, a conversation of 20 messages': `/loacl?assistant=${RETURNING}`,
}
const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
const site = await startSite({ dist: values.dist })
try {
  const results = new Map<string, Opening[]>(Object.keys(ROUTES).map((name) => [name, []]))
  // In turns, so that a machine that slows down slows all of them down, and each after each of the others. The first round
  // warms up.
  const routes = Object.entries(ROUTES)
  for (let run = -1; run < Number(values.runs); run++) {
    for (const [name, path] of routes) {
      const result = await measure(browser, site, path)
      if (run >= 0) results.get(name)?.push(result)
    }
    if (run % 2) routes.push(...routes.splice(0, 1))
    else routes.reverse()
  }
  const of = (name: string, key: keyof Opening) => median(results.get(name)!.map((result) => result[key]))
  console.log(`\nMedians of ${values.runs} openings, ${values.slowdown}× slowdown; ms (times the control)\n`)
  console.log('| Page | composer focused | first frame | longest task |\n| - | - | - | - |')
  for (const name of Object.keys(ROUTES)) {
    const [focused, drawn, longest] = (['focused', 'drawn', 'longestTask'] as const).map((key) => of(name, key))
    const times = (value: number, key: keyof Opening) =>
      `${Math.round(value)} (${(value / of('control', key)).toFixed(1)})`
    console.log(`| ${name} | ${times(focused!, 'focused')} | ${times(drawn!, 'drawn')} | ${Math.round(longest!)} |`)
    if (focused! > MOST_TIMES * of('control', 'focused') || longest! > of('control', 'longestTask') + MOST_MS_LONGER)
      process.exitCode = 1
  }
} finally {
  await browser.close()
  site.stop()
}
