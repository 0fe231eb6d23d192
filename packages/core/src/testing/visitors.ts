import { SESSION_TOKEN, type ErrorCode } from '@loacl/wire'
import { type Clock, toMs } from './clock.ts'
import { Refusal } from './refusal.ts'

/** A visitor on one device. */
export interface Session {
  id: string
  userId: string | null
  externalId: string | null
  createdAt: string
  lastActiveAt: string
  expiresAt: string
}

/** Who sends a request: the session's token, and the user whose access token came along. */
export interface Caller {
  token: string | null
  userId: string | null
}

export type Person = Pick<Session, 'userId' | 'externalId'>

const DAY_MS = 86_400_000
const GUEST_DAYS = 30

export const typeOf = ({ userId, externalId }: Person): 'guest' | 'authenticated' =>
  (userId ?? externalId) === null ? 'guest' : 'authenticated'

const isSamePerson = (one: Person, other: Person): boolean =>
  one.userId === other.userId && one.externalId === other.externalId

function requireToken({ token }: Caller): string {
  if (!token) throw new Refusal('session_missing')
  if (!SESSION_TOKEN.test(token)) throw new Refusal('session_invalid')
  return token
}

/** The sessions of a project and their tokens, under the rules of the database. */
export interface Visitors {
  requireToken(caller: Caller): string
  /** Of the caller, on all their devices. */
  own(caller: Caller): Session[]
  /** The session that the token stands for; `null` where it is a fresh guest's. */
  enter(caller: Caller): Session | null
  /** As `own`, and says why where there are none. */
  requireOwn(caller: Caller): Session[]
  /** What was asked for is not there, or not the caller's. */
  notFound(caller: Caller, code: ErrorCode): Refusal
  /** At the first message, and at each one after. */
  use(caller: Caller, known: Session | null): Session
  identify(caller: Caller, newToken: string, person: Person): Session
  signOut(caller: Caller): void
  /** Gives what was erased, with all sessions of the same person. */
  erase(caller: Caller): readonly Session[]
}

export function createVisitors(clock: Clock): Visitors {
  const sessions = new Map<string, Session>()
  /** Sessions by token. `null`: another has taken the place of this token. */
  const tokens = new Map<string, Session | null>()
  const erasedTokens = new Set<string>()

  const isOver = ({ expiresAt }: Session) => toMs(expiresAt) <= clock.ms()
  const isLocked = ({ userId }: Session, caller: Caller) => userId !== null && userId !== caller.userId

  function refuseReplaced({ token }: Caller): void {
    if (token === null) return
    if (erasedTokens.has(token)) throw new Refusal('session_expired')
    if (tokens.get(token) === null) throw new Refusal('session_replaced')
  }

  const sessionsOf = (session: Session): Session[] =>
    typeOf(session) === 'guest' ? [session] : [...sessions.values()].filter((other) => isSamePerson(other, session))

  function create(token: string, person: Person, days: number): Session {
    const at = clock.now()
    const expiresAt = clock.later(days * DAY_MS)
    const session = { id: crypto.randomUUID(), ...person, createdAt: at, lastActiveAt: at, expiresAt }
    sessions.set(session.id, session)
    tokens.set(token, session)
    return session
  }

  function own(caller: Caller): Session[] {
    const session = tokens.get(caller.token ?? '')
    return !session || isOver(session) || isLocked(session, caller) ? [] : sessionsOf(session)
  }

  return {
    requireToken,
    own,

    enter(caller) {
      const session = tokens.get(requireToken(caller))
      if (!session) {
        refuseReplaced(caller)
        return null
      }
      if (isOver(session)) throw new Refusal('session_expired')
      if (isLocked(session, caller)) throw new Refusal('session_locked')
      return session
    },

    requireOwn(caller) {
      const session = tokens.get(requireToken(caller))
      const found = own(caller)
      if (found.length === 0) {
        refuseReplaced(caller)
        if (session) throw new Refusal(isOver(session) ? 'session_expired' : 'session_locked')
      }
      return found
    },

    notFound(caller, code) {
      refuseReplaced(caller)
      return new Refusal(code)
    },

    use(caller, known) {
      const session = known ?? create(requireToken(caller), { userId: null, externalId: null }, GUEST_DAYS)
      session.lastActiveAt = clock.now()
      if (typeOf(session) === 'guest') session.expiresAt = clock.later(GUEST_DAYS * DAY_MS)
      return session
    },

    identify(caller, newToken, person) {
      const token = requireToken(caller)
      if (newToken === token) throw new Refusal('invalid_body')
      let session = tokens.get(token)
      if (session && typeOf(session) === 'authenticated' && !isSamePerson(session, person))
        throw new Refusal('session_bound')
      const taken = tokens.get(newToken)
      if (taken) {
        if (session || !isSamePerson(taken, person)) throw new Refusal('id_conflict')
        // The same request again: its answer was lost.
        session = taken
      }
      if (!session) refuseReplaced(caller)
      tokens.set(token, null)
      const days = person.userId === null ? 1 : 30
      if (!session || (typeOf(session) === 'guest' && isOver(session))) return create(newToken, person, days)
      tokens.set(newToken, session)
      return Object.assign(session, person, { lastActiveAt: clock.now(), expiresAt: clock.later(days * DAY_MS) })
    },

    signOut(caller) {
      const token = requireToken(caller)
      if (tokens.has(token)) tokens.set(token, null)
    },

    erase(caller) {
      const token = requireToken(caller)
      // Asked again because an answer was lost.
      if (erasedTokens.has(token)) return []
      const erased = this.requireOwn(caller)
      if (erased.length === 0) tokens.set(token, null)
      for (const { id } of erased) sessions.delete(id)
      for (const [known, session] of tokens) {
        if (!session || !erased.includes(session)) continue
        tokens.delete(known)
        erasedTokens.add(known)
      }
      return erased
    },
  }
}
