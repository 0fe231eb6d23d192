// oxlint-disable-next-line no-restricted-imports -- laid out as in the panel.
import css from '../../packages/widget/src/markdown/markdown.css?inline'
import type { CreateRoute } from './route.ts'
import { create as loacl } from './routes/loacl.ts'
import { create as markedTail } from './routes/marked_tail.ts'
import { create as plainText } from './routes/plain_text.ts'
import { create as streamingMarkdown } from './routes/streaming_markdown.ts'

const ROUTES: Readonly<Record<string, CreateRoute>> = {
  'plain text': plainText,
  LOACL: loacl,
  'marked, tail re-lexed': markedTail,
  'streaming-markdown': streamingMarkdown,
}

export interface Timing {
  /** Milliseconds from the first chunk until the last one was painted. */
  end: number
  /** The longest task in milliseconds; 0 if none took 50. */
  longestTask: number
}

declare global {
  interface Window {
    bench(route: string, chunks: string[], intervalMs: number): Promise<Timing>
  }
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

window.bench = async (route, chunks, intervalMs) => {
  const create = ROUTES[route]
  if (!create) throw new Error(`There is no route "${route}".`)
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(
    `main { width: 360px; height: 600px; overflow: auto; overflow-wrap: anywhere; font: 15px/1.55 sans-serif } ${css}`,
  )
  document.adoptedStyleSheets = [sheet]
  const root = document.createElement('main')
  document.body.replaceChildren(root)

  let longestTask = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration)
  })
  observer.observe({ type: 'longtask' })
  await nextFrame()

  let scroll = 0
  const follow = () => {
    scroll = 0
    root.scrollTop = root.scrollHeight
  }
  const start = performance.now()
  const view = create(root)
  for (const [i, chunk] of chunks.entries()) {
    const early = start + i * intervalMs - performance.now()
    if (early > 0) await wait(early)
    view.append(chunk)
    scroll ||= requestAnimationFrame(follow)
  }
  view.end()
  await nextFrame()
  await nextFrame()
  const end = performance.now() - start
  // Long tasks are reported a little after they ended.
  await wait(100)
  observer.disconnect()
  return { end, longestTask }
}
