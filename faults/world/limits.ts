/** The answer's deadline, in milliseconds: many times what an answer takes, also where the machine has other work. */
export const DEADLINE_MS = 20_000
/** How long a turn lives without a word from its worker: `loacl_private.lease_duration()`. */
export const LEASE_MS = 15_000
