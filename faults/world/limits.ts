/** The answer's deadline, in milliseconds. */
export const DEADLINE_MS = 8_000
/** How long a turn lives without a word from its worker: `loacl_private.lease_duration()`. */
export const LEASE_MS = 15_000
