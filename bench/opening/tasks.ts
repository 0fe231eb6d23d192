interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  args: { name?: string }
}

export interface Task {
  /** Milliseconds. */
  start: number
  ms: number
}

/** The browser counts the microtasks after a module was run as no part of a task, though they keep the page as busy. */
const MICROTASKS = 'BlinkScheduler_PerformMicrotaskCheckpoint'
/** Microseconds after a task in which its microtasks begin. */
const AT_ONCE = 1000

/**
 * The tasks of the page's main thread, by a trace of the browser, after the mark `opening`. The category of the developer
 * tools would look for the line of each call, in the time that is measured.
 */
export function readTasks(trace: Buffer): Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const mark = traceEvents.find(({ name }) => name === 'opening')
  if (!mark) throw new Error('The trace has no mark.')
  const spans = traceEvents
    .filter(
      ({ name, ph, pid, tid, ts, dur }) =>
        (name === 'ThreadControllerImpl::RunTask' || name === MICROTASKS) &&
        ph === 'X' &&
        pid === mark.pid &&
        tid === mark.tid &&
        ts + (dur ?? 0) >= mark.ts,
    )
    .toSorted((a, b) => a.ts - b.ts)
  const tasks: { from: number; to: number }[] = []
  for (const { name, ts, dur = 0 } of spans) {
    const last = tasks.at(-1)
    const continues = last && (ts < last.to || (name === MICROTASKS && ts - last.to < AT_ONCE))
    if (continues) last.to = Math.max(last.to, ts + dur)
    else tasks.push({ from: ts, to: ts + dur })
  }
  return tasks.map(({ from, to }) => ({ start: Math.max(0, from - mark.ts) / 1000, ms: (to - from) / 1000 }))
}
