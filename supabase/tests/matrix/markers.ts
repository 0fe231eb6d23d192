import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import type { MatrixWorld } from './matrix_world.ts'

export const MARKER = `LEAK${randomUUID().replaceAll('-', '')}`
/** Where there is room for four characters. */
export const SHORT_MARKER = 'ŁŒÆÞ'

/** Owners' columns that visitors are shown, by the functions that say so. */
const SHOWN = new Set([
  'assistants.name',
  'assistants.description',
  'assistants.greeting',
  'assistants.appearance',
  'guided_questions.question',
  'guided_questions.category',
  // Of what is public there: `list_resources`.
  'resources.key',
  'resources.title',
  'resources.content',
  // A visitor's own name, in their export.
  'sessions.external_id',
])
/** Columns that hold one of a few words, or a hash, and so no marker. */
const WORDS = new Set([
  'assistants.model',
  'context_optimizations.optimization_type',
  'context_optimizations.trigger_reason',
  'conversation_tags.color',
  'document_vector_stores.status',
  'documents.status',
  'file_objects.person',
  'provider_configs.provider',
  'sessions.session_type',
  'tool_executions.status',
  'usage_logs.purpose',
  'vector_stores.status',
  'loacl_private.deletion_queue.kind',
  'loacl_private.operators.role',
  'loacl_private.reservations.purpose',
  'loacl_private.secrets.purpose',
  'loacl_private.turns.cut_reason',
  'loacl_private.turns.error_code',
  'loacl_private.turn_steps.state',
  'loacl_private.turns.state',
])

/** Puts a marker into every column of text or JSON that no visitor is to see. Returns those that took none. */
export async function plantMarkers(sql: postgres.Sql, matrix: MatrixWorld): Promise<string[]> {
  await makeRoom(sql, matrix)
  const columns = await sql<{ table: string; column: string; type: string; filter: string }[]>`
    select case n.nspname when 'loacl' then c.relname else n.nspname || '.' || c.relname end as table, a.attname as column, format_type(a.atttypid, null) as type,
      coalesce(
        case c.relname
          when 'assistants' then 'id = any ($2)'
          when 'sessions' then 'id = any ($1)'
          when 'deletion_queue' then format('reference = %L', ${MARKER}::text)
        end,
        (
          select case b.attname
            when 'session_id' then 'session_id = any ($1)'
            when 'assistant_id' then 'assistant_id = any ($2)'
            when 'owner_id' then 'owner_id = any ($3)'
            when 'thread_id' then 'thread_id in (select id from loacl.threads where session_id = any ($1))'
            when 'message_id' then 'message_id in (select id from loacl.messages where session_id = any ($1))'
            when 'user_id' then 'user_id = any ($3)'
            when 'turn_id' then 'turn_id in (select t.id from loacl_private.turns t join loacl.threads h on h.id = t.thread_id where h.session_id = any ($1))'
          end
          from pg_attribute b
          where b.attrelid = c.oid
            and b.attname in ('session_id', 'assistant_id', 'owner_id', 'thread_id', 'message_id', 'user_id', 'turn_id')
          order by array_position(array['session_id', 'owner_id', 'assistant_id', 'thread_id', 'message_id', 'user_id', 'turn_id']::name[], b.attname)
          limit 1
        ),
        'false'
      ) as filter
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where n.nspname in ('loacl', 'loacl_private') and c.relkind = 'r'
      and a.atttypid in ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
      and not has_table_privilege('anon', c.oid, 'select')
      and c.relname <> 'turn_chunks'
    order by 1, 2
  `
  const left: string[] = []
  for (const { table, column, type, filter } of columns) {
    const name = `${table}.${column}`
    if (SHOWN.has(name)) continue
    const target = table.includes('.') ? table : `loacl.${table}`
    let isPlanted = false
    for (const value of [
      MARKER,
      `https://${MARKER.toLowerCase()}.test`,
      JSON.stringify({ [MARKER]: MARKER }),
      JSON.stringify({ [MARKER]: true }),
      JSON.stringify([{ type: 'function', name: MARKER }]),
      `{https://${MARKER.toLowerCase()}.test}`,
      `${MARKER}/id`,
      JSON.stringify({ specific_tools: { [MARKER]: true } }),
      SHORT_MARKER,
    ]) {
      // Where each must differ, the row's place says how.
      for (const suffix of ['', " || '-' || id", " || '/' || ctid::text"]) {
        if (isPlanted) break
        try {
          const result = await sql.unsafe(
            `update ${target} set "${column}" = (($4::text)${suffix})::${type}
             where ($1::uuid[], $2::uuid[], $3::uuid[]) is not null and ${filter}`,
            [matrix.sessionIds as string[], matrix.assistantIds as string[], matrix.ownerIds as string[], value],
          )
          isPlanted = result.count > 0
        } catch {
          isPlanted = false
        }
      }
    }
    if (!isPlanted && !WORDS.has(name)) left.push(name)
  }
  return left
}

/** Rows that no conversation makes, and states in which a column may hold something. */
async function makeRoom(sql: postgres.Sql, matrix: MatrixWorld): Promise<void> {
  await sql`
    with turn as (
      insert into loacl_private.turns (thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model, state, ended_at)
      select m.thread_id, m.id, m.id, now(), now(), 'openai', 'gpt-6-luna', 'completed', now()
      from loacl.messages m where m.role = 'assistant' and m.session_id = any (${matrix.sessionIds})
      returning id
    )
    insert into loacl_private.turn_steps (turn_id, step, model, state, error_code, ended_at)
    select id, 1, 'gpt-6-luna', 'failed', 'internal', now() from turn
  `
  await sql`update loacl.documents set status = 'failed' where owner_id = any (${matrix.ownerIds})`
  await sql`update loacl.document_vector_stores set status = 'failed' where owner_id = any (${matrix.ownerIds})`
  await sql`update loacl.tool_executions set status = 'cancelled' where session_id = any (${matrix.sessionIds})`
  await sql`
    insert into loacl_private.deletion_queue (kind, reference, due_at) values ('storage_object', ${MARKER}, now() + interval '1 day')
  `
}
