/** What the browser needs to reach a backend, and what the tests need to prepare one of their own. */
export interface Target {
  /** Of the Supabase project: what goes into `data-url`. */
  url: string
  /** Publishable key. */
  key: string
  assistantId: string
  /** Only with a local stack. */
  local: {
    dbUrl: string
    modelControlUrl: string
    /** Whose the assistants are. */
    owner: { email: string; password: string }
  } | null
  /** Origin of the test pages. */
  pagesOrigin: string
  /** Origin that serves the widget's files: another site than the pages'. */
  assetsOrigin: string
}

const VARIABLE = 'LOACL_E2E_TARGET'

/** Hands the target from the global setup to the workers, which inherit the environment. */
export function publishTarget(target: Target): void {
  process.env[VARIABLE] = JSON.stringify(target)
}

export function readTarget(): Target {
  const text = process.env[VARIABLE]
  if (!text) throw new Error('The global setup has not run.')
  return JSON.parse(text) as Target
}
