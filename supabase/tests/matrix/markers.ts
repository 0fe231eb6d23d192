import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import type { MatrixWorld } from './matrix_world.ts'
import { plantMarker, readTextColumns, type TextColumn } from './text_columns.ts'

export const MARKER = `LEAK${randomUUID().replaceAll('-', '')}`
/** Where there is room for four characters. */
export const SHORT_MARKER = 'ŁŒÆÞ'

/** Owners' columns that visitors are shown, by the functions that say so. */
const SHOWN = new Set([
  'assistants.name',
  'assistants.description',
  'assistants.greeting',
  'assistants.appearance',
  'assistants.image_hosts',
  'guided_questions.question',
  'guided_questions.category',
  // Of what is public there: `list_resources`.
  'resources.key',
  'resources.title',
  'resources.content',
  // Of what is public there: `open_session`.
  'assistants.file_types',
  // A visitor's own, in their export.
  'loacl_private.uploads.original_name',
  'loacl_private.uploads.mime_type',
  'sessions.external_id',
  'sessions.metadata',
])
/** A column of a shape that no marker has. */
const SHAPED = new Set(['conversation_tags.color', 'tool_executions.arguments_digest', 'tool_executions.tool_digest'])

/** Puts a marker into every column of text or JSON that no visitor is to see. Returns those that took none. */
export async function plantMarkers(sql: postgres.Sql, matrix: MatrixWorld): Promise<string[]> {
  await makeRoom(sql, matrix)
  const hidden = await sql<{ name: string }[]>`
    select case n.nspname when 'loacl' then c.relname else n.nspname || '.' || c.relname end as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('loacl', 'loacl_private') and c.relkind = 'r' and not has_table_privilege('anon', c.oid, 'select')
      and c.relname <> 'turn_chunks'
  `
  const tables = new Set(hidden.map(({ name }) => name))
  const left: string[] = []
  for (const column of await readTextColumns(sql)) {
    const name = `${column.table}.${column.column}`
    if (!tables.has(column.table) || SHOWN.has(name) || SHAPED.has(name) || column.isWord) continue
    const where = `($1::uuid[], $2::uuid[], $3::uuid[]) is not null and ${filterOf(column)}`
    const ids = [matrix.sessionIds, matrix.assistantIds, matrix.ownerIds].map((list) => [...list])
    if (!(await plantMarker(sql, column, MARKER, where, ids, [SHORT_MARKER]))) left.push(name)
  }
  return left
}

/** Which rows of a table are this world's. */
function filterOf({ table, columns }: TextColumn): string {
  if (table === 'assistants') return 'id = any ($2)'
  if (table === 'sessions') return 'id = any ($1)'
  if (table === 'loacl_private.kept_stops') return `message_id = '${MARKER}'`
  if (table === 'loacl_private.deletion_queue') return `reference = '${MARKER}'`
  const has = (column: string): boolean => columns.includes(column)
  if (has('session_id')) return 'session_id = any ($1)'
  if (has('owner_id')) return 'owner_id = any ($3)'
  if (has('assistant_id')) return 'assistant_id = any ($2)'
  if (has('thread_id')) return 'thread_id in (select id from loacl.threads where session_id = any ($1))'
  if (has('message_id')) return 'message_id in (select id from loacl.messages where session_id = any ($1))'
  if (has('user_id')) return 'user_id = any ($3)'
  if (has('turn_id'))
    return 'turn_id in (select r.id from loacl_private.turns r join loacl.threads h on h.id = r.thread_id where h.session_id = any ($1))'
  return 'false'
}

/** Rows that no conversation makes, and states in which a column may hold something. */
async function makeRoom(sql: postgres.Sql, matrix: MatrixWorld): Promise<void> {
  await makeTurns(sql, matrix.sessionIds)
  await sql`
    update loacl.assistants a set fallback_provider_config_id = p.id, fallback_model = 'gpt-6-luna'
    from loacl.provider_configs p where p.owner_id = a.owner_id and a.id = any (${matrix.assistantIds})
  `
  await sql`
    insert into loacl.assistant_tools (assistant_id, name, kind, endpoint, hosted_type, hosted_options)
    select id, 'ask', 'server', 'https://tools.test/ask', null, null::jsonb from loacl.assistants where id = any (${matrix.assistantIds})
    union all
    select id, 'search', 'hosted', null, 'web_search', '{}' from loacl.assistants where id = any (${matrix.assistantIds})
  `
  await sql`update loacl.documents set status = 'failed' where owner_id = any (${matrix.ownerIds})`
  await sql`update loacl.document_vector_stores set status = 'failed' where owner_id = any (${matrix.ownerIds})`
  await sql`
    insert into loacl_private.deletion_queue (kind, reference, due_at) values ('storage_object', ${MARKER}, now() + interval '1 day')
  `
  await sql`insert into loacl_private.kept_stops (token_hash, message_id) values (sha256(${MARKER}::text::bytea), ${MARKER})`
}

/** Turns that failed and turns that were cut, with a step and what they streamed, and tool calls that came to nothing. */
export async function makeTurns(sql: postgres.Sql, sessionIds: readonly string[]): Promise<void> {
  const ids = [...sessionIds]
  await sql`
    with made as (
      insert into loacl_private.turns (
        thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model, ended_at, state, error_code, cut_reason
      )
      select m.thread_id, m.id, m.id, now(), now(), 'openai', 'gpt-6-luna', now(),
        case t.status when 'deleted' then 'failed' else 'cut' end,
        case t.status when 'deleted' then 'turn_abandoned' end,
        case t.status when 'deleted' then null else 'time_limit' end
      from loacl.messages m join loacl.threads t on t.id = m.thread_id
      where m.role = 'assistant' and m.session_id = any (${ids})
      returning id
    ),
    step as (
      insert into loacl_private.turn_steps (turn_id, step, model, state, error_code, ended_at)
      select id, 1, 'gpt-6-luna', 'failed', 'turn_abandoned', now() from made
    )
    insert into loacl_private.turn_chunks (turn_id, seq, parts) select id, 1, '[{"type": "start"}]' from made
  `
  await sql`update loacl.tool_executions set status = 'cancelled' where session_id = any (${ids})`
}
