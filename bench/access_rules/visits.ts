import { createHash } from 'node:crypto'
import type postgres from 'postgres'
import type { Caller } from './request.ts'

/** A caller, and what they come for. */
export interface Visit {
  caller: Caller
  assistantId: string
  /** The longest of theirs, or one with an operator's assistant. */
  threadId: string
  /** How many that one has. */
  messages: number
  /** All sessions of the person. */
  sessionIds: string[]
  /** All assistants of the operator. */
  assistantIds: string[]
}

interface Row {
  sessionId: string
  userId: string | null
  assistantId: string
  threadId: string
  messages: number
  sessionIds: string[]
}

/** As seed.sql makes it. */
const tokenOf = (sessionId: string): string => createHash('sha256').update(sessionId).digest('base64url')

function toCaller(sessionId: string, userId: string | null): Caller {
  const headers = { 'x-loacl-session': tokenOf(sessionId), origin: 'https://site.test' }
  if (userId === null) return { role: 'anon', headers, claims: null }
  return { role: 'authenticated', headers, claims: { sub: userId, session_id: userId, is_anonymous: 'false' } }
}

/** Visitors of one kind whose sessions go on, the same ones each time as far as ids are. */
async function pickVisitors(sql: postgres.Sql, kind: postgres.Fragment, count: number): Promise<Visit[]> {
  const rows = await sql<Row[]>`
    select
      s.id as "sessionId", s.user_id as "userId", s.assistant_id as "assistantId",
      longest.id as "threadId", longest.messages,
      array(
        select o.id from loacl.sessions o
        where o.id = s.id or (o.external_id = s.external_id and o.assistant_id = s.assistant_id)
      ) as "sessionIds"
    from loacl.sessions s
    cross join lateral (
      select t.id, count(*)::integer as messages
      from loacl.threads t join loacl.messages m on m.thread_id = t.id
      where t.session_id = s.id and t.status = 'active' group by t.id order by count(*) desc limit 1
    ) longest
    where ${kind} and s.expires_at > now()
    order by s.id
    limit ${count}
  `
  return rows.map(({ sessionId, userId, ...row }) => ({
    ...row,
    caller: toCaller(sessionId, userId),
    assistantIds: [],
  }))
}

/** The operator with the most or the fewest conversations, who tries their own assistants as a guest besides. */
async function pickOperator(sql: postgres.Sql, order: postgres.Fragment, count: number): Promise<Visit[]> {
  const rows = await sql<(Row & { assistantIds: string[] })[]>`
    with operator as (
      select a.owner_id as id, array_agg(distinct a.id) as assistant_ids
      from loacl.threads t join loacl.assistants a on a.id = t.assistant_id
      group by a.owner_id order by ${order} limit 1
    )
    select
      s.id as "sessionId", o.id as "userId", t.assistant_id as "assistantId", t.id as "threadId",
      (select count(*)::integer from loacl.messages m where m.thread_id = t.id) as messages,
      array[s.id] as "sessionIds", o.assistant_ids as "assistantIds"
    from operator o
    join loacl.threads t on t.assistant_id = any (o.assistant_ids)
    cross join lateral (
      select s.id from loacl.sessions s
      where s.assistant_id = t.assistant_id and s.session_type = 'guest' and s.expires_at > now() order by s.expires_at desc limit 1
    ) s
    where t.status = 'active'
    order by t.id
    limit ${count}
  `
  return rows.map(({ sessionId, userId, ...row }) => ({ ...row, caller: toCaller(sessionId, userId) }))
}

/** So many visits of each kind of caller. */
export async function pickVisits(sql: postgres.Sql, count: number): Promise<Record<string, Visit[]>> {
  return {
    guest: await pickVisitors(sql, sql`s.session_type = 'guest'`, count),
    'person with three sessions': await pickVisitors(sql, sql`s.external_id is not null`, count),
    'Supabase user': await pickVisitors(sql, sql`s.user_id is not null`, count),
    'busy operator': await pickOperator(sql, sql`count(*) desc`, count),
    'quiet operator': await pickOperator(sql, sql`count(*)`, count),
  }
}
