import type { Timestamp, Visitor } from './dto.ts'

/**
 * Body of `POST /functions/v1/loacl-chat/identify`, which binds the session of the `x-loacl-session` header to a person.
 * Without `identityToken` the person is the Supabase user whose access token is the request's Bearer.
 */
export interface IdentifyRequest {
  assistantId: string
  /**
   * A fresh session token, which takes the place of the one in the header: whoever knows that one, having planted or
   * noted it, has nothing of the person's. Sent again with the same `newToken`, the request does no harm.
   */
  newToken: string
  /** The JWT that the site's server signed. */
  identityToken?: string
}

/** What it answers. */
export interface Identified {
  visitor: Visitor
  /** When the session ends unless it is identified again. */
  expiresAt: Timestamp
}
