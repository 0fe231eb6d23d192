/**
 * Headers of a request that may have an effect. On a connection that was used before, Deno's `fetch` sends a request again
 * where that closes without an answer, whatever the method: each of these gets a connection of its own.
 */
export const SENT_ONCE = { connection: 'close' } as const
