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

/**
 * The tasks of the page's main thread, by a trace of the browser, after the mark `opening`. The category of the developer
 * tools would look for the line of each call, in the time that is measured.
 */
export function readTasks(trace: Buffer): Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const mark = traceEvents.find(({ name }) => name === 'opening')
  if (!mark) throw new Error('The trace has no mark.')
  return traceEvents
    .filter(
      ({ name, ph, pid, tid, ts, dur }) =>
        name === 'ThreadControllerImpl::RunTask' &&
        ph === 'X' &&
        pid === mark.pid &&
        tid === mark.tid &&
        ts + (dur ?? 0) >= mark.ts,
    )
    .map(({ ts, dur = 0 }) => ({ start: Math.max(0, ts - mark.ts) / 1000, ms: dur / 1000 }))
}
