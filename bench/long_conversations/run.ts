import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Browser, chromium } from '@playwright/test'
import type { StreamPart } from '@loacl/wire'
import { RETURNING } from '../opening/project.ts'
import { startSite } from '../opening/site.ts'
import { readTasks } from '../opening/tasks.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '5000' },
    runs: { type: 'string', default: '3' },
    dist: { type: 'string' },
  },
})

const CONTROL_MESSAGES = 50
/** As many as a panel draws at first. */
const DRAWN = 100
/** The answer, in pieces so far apart. */
const PIECES = 100
const PIECE_MS = 20
/** What a long conversation may cost beside a short one. */
const MOST_TIMES = 1.25

const IDS = {
  turnId: '00000000-0000-4000-8000-00000000000b',
  threadId: '00000000-0000-4000-8000-00000000000a',
  userMessageId: '00000000-0000-4000-8000-00000000000c',
  messageId: '00000000-0000-4000-8000-00000000000d',
}

async function* parts(): AsyncGenerator<StreamPart> {
  yield { type: 'start', messageId: IDS.messageId }
  yield { type: 'data-turn', data: IDS }
  yield { type: 'text-start', id: '1' }
  for (let piece = 0; piece < PIECES; piece++) {
    await new Promise((resolve) => setTimeout(resolve, PIECE_MS))
    yield { type: 'text-delta', id: '1', delta: piece === PIECES - 1 ? 'the end.' : `word ${piece}, ` }
  }
  yield { type: 'text-end', id: '1' }
  const data = { messageId: IDS.messageId, status: 'completed', cutReason: null, usage: null } as const
  yield { type: 'data-answer-complete', data }
  yield { type: 'finish', finishReason: 'stop' }
}

interface Answer {
  /** Milliseconds from the question until the answer's last word was drawn. */
  answered: number
  longestTask: number
  /** Of the open panel. */
  nodes: number
  /** Milliseconds from the press until the newest messages were there. */
  opened: number
}

async function measure(browser: Browser, messages: number): Promise<Answer> {
  const site = await startSite({
    dist: values.dist,
    messages,
    async answer(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-vercel-ai-ui-message-stream': 'v1' })
      let number = 0
      for await (const part of parts()) response.write(`id: ${++number}\ndata: ${JSON.stringify(part)}\n\n`)
      response.end('data: [DONE]\n\n')
    },
  })
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${site.origin}/loacl?assistant=${RETURNING}`)
  const opened = await page.evaluate(
    async (count) => {
      const root = document.querySelector('loacl-chat')!.shadowRoot!
      const start = performance.now()
      root.querySelector('button')!.click()
      await new Promise<void>((resolve) => {
        const look = () => (root.querySelectorAll('article').length >= count ? resolve() : requestAnimationFrame(look))
        look()
      })
      return performance.now() - start
    },
    Math.min(messages, DRAWN),
  )
  await page.locator('textarea').fill('And then?')
  await browser.startTracing(page, { categories: ['blink.user_timing', 'toplevel'] })
  const { answered, nodes } = await page.evaluate(async () => {
    const root = document.querySelector('loacl-chat')!.shadowRoot!
    performance.mark('opening')
    const start = performance.now()
    root.querySelector<HTMLButtonElement>('button[type=submit]')!.click()
    await new Promise<void>((resolve) => {
      const look = () =>
        [...root.querySelectorAll('article')].at(-1)?.textContent.includes('the end.')
          ? resolve()
          : requestAnimationFrame(look)
      look()
    })
    return { answered: performance.now() - start, nodes: root.querySelectorAll('*').length }
  })
  const tasks = readTasks(await browser.stopTracing())
  await context.close()
  site.stop()
  return { answered, nodes, opened, longestTask: Math.max(...tasks.map(({ ms }) => ms)) }
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
try {
  const rows = new Map<number, Answer[]>([
    [CONTROL_MESSAGES, []],
    [Number(values.messages), []],
  ])
  for (let run = -1; run < Number(values.runs); run++)
    for (const [messages, answers] of rows) {
      const answer = await measure(browser, messages)
      if (run >= 0) answers.push(answer)
    }
  const of = (messages: number, key: keyof Answer) => median(rows.get(messages)!.map((answer) => answer[key]))
  console.log(`\nMedians of ${values.runs}; an answer of ${(PIECES * PIECE_MS) / 1000} s; ms\n`)
  console.log('| Messages | there | answered | longest task | elements |\n| - | - | - | - | - |')
  for (const messages of rows.keys()) {
    const cells = (['opened', 'answered', 'longestTask', 'nodes'] as const).map((key) => Math.round(of(messages, key)))
    console.log(`| ${[messages, ...cells].join(' | ')} |`)
  }
  if (of(Number(values.messages), 'answered') > MOST_TIMES * of(CONTROL_MESSAGES, 'answered')) process.exitCode = 1
} finally {
  await browser.close()
}
