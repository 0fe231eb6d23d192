/** A client repeats the request by itself. In a file of its own: a first answer asks about no other errors. */
export const RETRIED = { network: 0, stream_cut: 0, busy: 503 } as const

/** Whether a client repeats the request by itself. */
export const isRetried = (code: string): boolean => /^(network|stream_cut|busy)$/.test(code)
