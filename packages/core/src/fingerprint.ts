/** How long a turn waits for a fingerprint, in milliseconds. */
const PATIENCE = 1000

/** What `TurnRequest` takes. */
const FINGERPRINT = /^[\w-]{1,128}$/

/**
 * The browser's fingerprint, asked of the host once; `{}` where there is none, or not in time. Never rejects: no message
 * fails for want of it.
 */
export function createFingerprint(ask?: () => Promise<string | null>): () => Promise<{ fingerprint?: string }> {
  let asked: Promise<unknown> | undefined
  return async () => {
    if (!ask) return {}
    // What it throws is a rejection, too.
    asked ??= Promise.resolve()
      .then(ask)
      .catch(() => {})
    const found = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
    return typeof found === 'string' && FINGERPRINT.test(found) ? { fingerprint: found } : {}
  }
}
