/** What `TurnRequest` takes. */
const FINGERPRINT = /^[\w-]{1,128}$/

type Ask = () => Promise<string | null>

const asked = new WeakMap<Ask, Promise<string | null>>()

/** The browser's fingerprint, asked of the page once; `{}` where there is none. */
export async function readFingerprint(ask: Ask): Promise<{ fingerprint?: string }> {
  // What it throws is a rejection, too.
  const asking = asked.get(ask) ?? Promise.resolve().then(ask)
  asked.set(ask, asking)
  const found = await asking
  return typeof found === 'string' && FINGERPRINT.test(found) ? { fingerprint: found } : {}
}
