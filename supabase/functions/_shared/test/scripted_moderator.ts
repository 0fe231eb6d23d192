import type { ModerationCall, Moderator, Verdict } from '../domain/moderation.ts'
import { turnError } from '../domain/turn_errors.ts'

/** Flags texts with this word in them. */
export const FLAGGED = 'poison'

/** A moderation provider that flags one word, fails as it is told, and remembers what it was asked. */
export class ScriptedModerator implements Moderator {
  readonly calls: ModerationCall[] = []
  /** What happens in the next checks: an error is thrown, a promise waited for. */
  readonly script: (Error | Promise<unknown>)[] = []

  async check(call: ModerationCall, signal: AbortSignal): Promise<Verdict> {
    this.calls.push(call)
    const next = this.script.shift()
    if (next instanceof Error) throw next
    if (next) await Promise.race([next, rejectAborted(signal)])
    const isFlagged = call.texts.some((text) => text.includes(FLAGGED))
    return { isFlagged, categories: isFlagged ? ['illicit'] : [], usage: null }
  }
}

const rejectAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const leave = () => reject(turnError('moderation_unavailable'))
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave)
  })
