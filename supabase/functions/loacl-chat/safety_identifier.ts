import type { Caller } from '../_shared/domain/store.ts'

/** Stays the same for a session and tells nothing of it; it is not the hash that the database keeps. */
export async function safetyIdentifierOf({ sessionToken }: Caller): Promise<string> {
  const bytes = new TextEncoder().encode(`loacl safety identifier:${sessionToken}`)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
