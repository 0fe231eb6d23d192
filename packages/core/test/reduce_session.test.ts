import { describe, expect, it } from 'vitest'
import { LoaclError } from '../src/index.ts'
import { newSession, reduceSession, type Opened, type SessionAction, type SessionState } from '../src/reduce_session.ts'
import { isOtherVisitor } from '../src/other_visitor.ts'
import { opened as openedBody } from './support/project.ts'

const LIFETIME = new AbortController()
const NEXT_LIFETIME = new AbortController()
const OPENING = Promise.resolve()
const OTHER = Promise.resolve()
const ERROR = new LoaclError('network', 'Gone.')

const openedAs = (visitor: Opened['visitor'], ...ids: string[]): Opened => ({
  ...openedBody(),
  status: 'open',
  visitor,
  threads: ids.map((id) => ({ id, title: null, status: 'active', createdAt: '', lastMessageAt: '' })),
})
const GUEST = openedAs({ sessionId: null, type: 'guest' })
const ADA = openedAs({ sessionId: 's1', type: 'authenticated' })

const common = { lifetime: LIFETIME, accessToken: 'jwt' }
const failed = { ...common, status: 'failed', snapshot: { status: 'failed', error: ERROR } } as const
const idle: SessionState = { ...newSession(LIFETIME), ...common }
const open: SessionState = { ...common, status: 'open', snapshot: GUEST, opening: null }
const unverified: SessionState = { ...open, status: 'unverified' }

/** A plus: calls wait for `OPENING`. */
const STATES: Readonly<Record<string, SessionState>> = {
  idle,
  'idle+': { ...idle, opening: OPENING },
  'opening+': { ...common, status: 'opening', snapshot: { status: 'opening' }, opening: OPENING },
  failed: { ...failed, opening: null },
  'failed+': { ...failed, opening: OPENING },
  open,
  'open+': { ...open, opening: OPENING },
  unverified,
  'unverified+': { ...unverified, opening: OPENING },
  disposed: { ...common, status: 'disposed', snapshot: GUEST, opening: null },
}

const ACTIONS: Readonly<Record<SessionAction[0], SessionAction>> = {
  open_begun: ['open_begun', OPENING],
  open_failed: ['open_failed', OPENING, ERROR],
  change_begun: ['change_begun', OPENING],
  change_failed: ['change_failed', OPENING, ERROR],
  opened: ['opened', ADA],
  token_replaced: ['token_replaced'],
  visitor_known: ['visitor_known', 'fresh'],
  visitor_dropped: ['visitor_dropped', NEXT_LIFETIME],
  signed_out: ['signed_out', NEXT_LIFETIME],
  threads_changed: ['threads_changed', () => []],
  disposed: ['disposed', ERROR],
}

/** Which state each action makes of each. */
const TABLE = `
action            | idle     | idle+    | opening+ | failed   | failed+  | open  | open+ | unverified  | unverified+ | disposed
open_begun        | opening+ | opening+ | opening+ | opening+ | opening+ | open+ | open+ | unverified+ | unverified+ | disposed
open_failed       | idle     | failed   | failed   | failed   | failed   | open  | open  | unverified  | unverified  | disposed
change_begun      | idle+    | idle+    | opening+ | failed+  | failed+  | open+ | open+ | unverified+ | unverified+ | disposed
change_failed     | idle     | idle     | failed   | failed   | failed   | open  | open  | unverified  | unverified  | disposed
opened            | open     | open+    | open+    | open     | open+    | open  | open+ | open     | open+    | disposed
token_replaced    | idle     | idle+    | opening+ | failed   | failed+  | unverified | unverified+ | unverified | unverified+ | disposed
visitor_known     | idle     | opening+ | opening+ | failed   | opening+ | open  | open+ | unverified  | unverified+ | disposed
visitor_dropped      | idle     | idle+    | idle+    | idle     | idle+    | idle  | idle+ | idle     | idle+    | disposed
signed_out        | idle     | idle     | idle     | idle     | idle     | idle  | idle  | idle     | idle     | disposed
threads_changed   | idle     | idle+    | opening+ | failed   | failed+  | open  | open+ | unverified  | unverified+ | disposed
disposed          | disposed | disposed | disposed | disposed | disposed | disposed | disposed | disposed | disposed | disposed
`
const [[, ...columns] = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))

const nameOf = ({ status, opening }: SessionState): string => status + (opening ? '+' : '')

describe('a session', () => {
  it('has a row for each action and a column for each state', () => {
    expect(rows.map(([action]) => action)).toEqual(Object.keys(ACTIONS))
    expect(columns).toEqual(Object.keys(STATES))
  })

  it.each(rows.flatMap(([action, ...after]) => after.map((to, at) => [columns[at]!, action!, to] as const)))(
    'that is %s, after %s, is %s',
    (from, action, to) => {
      const before = STATES[from]!
      const after = reduceSession(before, ...ACTIONS[action as SessionAction[0]])
      expect(nameOf(after)).toBe(to)
      // What is shown says the same.
      const shown = { unverified: 'open', disposed: after.snapshot.status }[after.status as string] ?? after.status
      expect(after.snapshot.status).toBe(shown)
    },
  )

  it.each(Object.keys(STATES))('that is %s takes no notice of an opening that is no longer waited for', (name) => {
    const state = STATES[name]!
    for (const type of ['open_failed', 'change_failed'] as const)
      expect(reduceSession(state, type, OTHER, ERROR)).toBe(state)
  })

  it.each(Object.keys(ACTIONS))('that is disposed of stays the same object after %s', (name) => {
    expect(reduceSession(STATES.disposed!, ...ACTIONS[name as SessionAction[0]])).toBe(STATES.disposed)
  })

  it('keeps its access token until the server has accepted another', () => {
    expect(reduceSession(STATES['open+']!, ...ACTIONS.change_failed).accessToken).toBe('jwt')
    expect(reduceSession(STATES['open+']!, ...ACTIONS.visitor_known).accessToken).toBe('fresh')
  })

  it.each(['visitor_dropped', 'signed_out'] as const)('keeps no access token after %s', (type) => {
    expect(reduceSession(STATES['open+']!, ...ACTIONS[type]).accessToken).toBe(null)
  })

  it.each(['visitor_dropped', 'signed_out'] as const)('has another lifetime after %s', (type) => {
    expect(reduceSession(open, ...ACTIONS[type]).lifetime).toBe(NEXT_LIFETIME)
  })

  it('that was being opened when it was disposed of has failed', () => {
    expect(reduceSession(STATES['opening+']!, ...ACTIONS.disposed).snapshot).toEqual({ status: 'failed', error: ERROR })
    expect(reduceSession(STATES['open+']!, ...ACTIONS.disposed).snapshot).toBe(GUEST)
  })
})

const shown = (snapshot: Opened, status: 'open' | 'unverified' = 'unverified'): SessionState => ({
  ...common,
  status,
  snapshot,
  opening: null,
})

describe('somebody else', () => {
  const BOB = openedAs({ sessionId: 's2', type: 'authenticated' })
  const session = { sessionId: 's3', type: 'guest' } as const

  it.each<[string, SessionState, Opened, boolean]>([
    ['nobody was shown', idle, BOB, false],
    ['the same person', shown(ADA), ADA, false],
    ['another person, where another tab has replaced the token', shown(ADA), BOB, true],
    ['another person, where nobody has', shown(ADA, 'open'), BOB, true],
    ['a guest after a person', shown(ADA, 'open'), GUEST, true],
    ['whoever the guest has become here', shown(GUEST, 'open'), BOB, false],
    ['a new guest, after another tab has signed out', shown(openedAs(session)), GUEST, true],
    [
      'the guest whose session was made meanwhile',
      shown(openedAs(GUEST.visitor, 't1')),
      openedAs(session, 't1'),
      false,
    ],
    ['a guest without a session, and without their threads', shown(openedAs(GUEST.visitor, 't1')), BOB, true],
    ['a guest of whom nothing says that they are the same', shown(GUEST), GUEST, true],
  ])('%s', (_, state, opened, expected) => {
    expect(isOtherVisitor(state, opened)).toBe(expected)
  })
})
