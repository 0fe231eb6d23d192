import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createToken, type Caller } from '../support/api.ts'
import type { Operator, World } from '../support/world.ts'
import type { CallerName, Role } from './expectations.ts'

export interface MatrixCaller {
  role: Role
  /** For the Data API. */
  api: Caller
  /** For SQL: what the Data API would make of it. */
  claims: Record<string, unknown>
  token: string
  /** The sessions whose rows are this visitor's. */
  sessionIds: readonly string[]
  /** The operator whose rows are this caller's. */
  ownerId: string | null
}

export interface MatrixWorld {
  callers: Readonly<Record<CallerName, MatrixCaller>>
  assistantIds: readonly string[]
  ownerIds: readonly string[]
  sessionIds: readonly string[]
}

/** One row at least of every table, for each of two operators, and of all that visitors have, for each of their sessions. */
export async function createMatrixWorld(world: World): Promise<MatrixWorld> {
  const { api, sql } = world
  const [operator, other, stranger, user] = await Promise.all([
    world.createOperator(),
    world.createOperator(),
    api.signUp(`${randomUUID()}@example.com`),
    api.signUp(`${randomUUID()}@example.com`),
  ])
  const assistantId = randomUUID()
  const otherAssistantId = randomUUID()
  await fillOwner(world, operator, assistantId)
  await fillOwner(world, other, otherAssistantId)
  // The stranger was an operator once: what is left over names them still, and is theirs no more.
  const leftOver = newSession(randomUUID(), { session_type: 'guest' })
  await fillOwner(world, stranger, leftOver.row.assistant_id)

  const guest = { session_type: 'guest' }
  const known = { session_type: 'authenticated', external_id: `customer-${randomUUID()}` }
  const signedIn = { session_type: 'authenticated', user_id: user.userId }
  const sessions = {
    a: newSession(assistantId, guest),
    b: newSession(assistantId, guest),
    a2: newSession(assistantId, guest),
    expired: newSession(assistantId, { ...guest, expires_at: '2026-01-01T00:00:00Z' }),
    known: newSession(assistantId, known),
    knownElsewhere: newSession(assistantId, known),
    signedIn: newSession(assistantId, signedIn),
    signedInElsewhere: newSession(assistantId, signedIn),
    // Nothing here binds the two assistants: the same name is another person there.
    other: newSession(otherAssistantId, known),
  }
  for (const { row, token } of [...Object.values(sessions), leftOver]) {
    await sql`insert into loacl.sessions ${sql(row)}`
    const hash = createHash('sha256').update(token).digest()
    await sql`insert into loacl_private.session_tokens (token_hash, session_id) values (${hash}, ${row.id})`
  }
  const sessionIds = Object.values(sessions).map(({ row }) => row.id)
  await fillSessions(world, [...sessionIds, leftOver.row.id])

  return {
    assistantIds: [assistantId, otherAssistantId],
    ownerIds: [operator.userId, other.userId],
    sessionIds,
    callers: {
      'no token': { ...visitor([sessions.a]), api: {}, token: '', sessionIds: [] },
      'expired session': { ...visitor([sessions.expired]), sessionIds: [] },
      'visitor A': visitor([sessions.a]),
      'visitor B': visitor([sessions.b]),
      "A's other session": visitor([sessions.a2]),
      'identified visitor': visitor([sessions.known, sessions.knownElsewhere]),
      'Supabase-signed-in visitor': {
        ...account(user, sessions.signedIn.token),
        sessionIds: [sessions.signedIn.row.id, sessions.signedInElsewhere.row.id],
      },
      // With the session of somebody who is signed in: it opens nothing without them.
      'signed-in stranger': account(stranger, sessions.signedIn.token),
      operator: account(operator),
      'other operator': account(other),
      service_role: {
        role: 'service_role',
        api: world.asServer(),
        claims: { role: 'service_role' },
        token: '',
        sessionIds: [],
        ownerId: null,
      },
    },
  }
}

const visitor = (own: readonly Session[], { token } = own[0]!): MatrixCaller => ({
  role: 'anon',
  api: { token },
  claims: { role: 'anon' },
  token,
  sessionIds: own.map(({ row }) => row.id),
  ownerId: null,
})
const account = ({ jwt, userId }: Operator, token = createToken()): MatrixCaller => ({
  role: 'authenticated',
  api: { jwt, token },
  claims: JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>,
  token,
  sessionIds: [],
  ownerId: userId,
})

interface Session {
  token: string
  row: { id: string; assistant_id: string }
}

const newSession = (assistant_id: string, row: Record<string, string>): Session => ({
  token: createToken(),
  row: { id: randomUUID(), assistant_id, ...row },
})

/** What an owner keeps, linked to each other. Two configs share a key: one that goes doesn't take it along. */
async function fillOwner({ sql }: World, { userId: owner_id }: Operator, assistant_id: string): Promise<void> {
  const [secretId, documentId, storeId, resourceId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const mcp_server_id = randomUUID()
  const rows: [string, Record<string, string | boolean | number>][] = [
    [
      'loacl.assistants',
      { id: assistant_id, owner_id, name: randomUUID(), model: 'gpt-6-luna', instructions: 'Hidden.' },
    ],
    [
      'loacl_private.secrets',
      { id: secretId, owner_id, purpose: 'provider_key', key_id: 'k', ciphertext: randomBytes(48).toString('base64') },
    ],
    ['loacl.provider_configs', { owner_id, secret_id: secretId, key_last_four: 'abcd', is_default: true }],
    ['loacl.provider_configs', { owner_id, secret_id: secretId, key_last_four: 'abcd', base_url: 'https://b.test/v1' }],
    ['loacl.documents', { id: documentId, owner_id, original_name: 'a.pdf' }],
    ['loacl.vector_stores', { id: storeId, owner_id, name: 'All' }],
    ['loacl.resources', { id: resourceId, owner_id, key: 'hours', content: 'Always open.' }],
    ['loacl.document_vector_stores', { owner_id, document_id: documentId, vector_store_id: storeId }],
    ['loacl.assistant_documents', { owner_id, assistant_id, document_id: documentId }],
    ['loacl.assistant_vector_stores', { owner_id, assistant_id, vector_store_id: storeId }],
    ['loacl.assistant_resources', { owner_id, assistant_id, resource_id: resourceId }],
    ['loacl.auto_approval_settings', { assistant_id }],
    ['loacl.mcp_servers', { id: mcp_server_id, assistant_id, name: 'shop', endpoint: 'https://mcp.test/mcp' }],
    ['loacl.assistant_tools', { assistant_id, name: 'find', kind: 'mcp', mcp_server_id, remote_name: 'find' }],
    ['loacl.guided_questions', { assistant_id, question: 'Hi?' }],
    ['loacl.conversation_tags', { owner_id, name: 'urgent' }],
    ['loacl.model_prices', { owner_id, model: 'gpt-6-luna', input_usd: 1, output_usd: 1 }],
  ]
  for (const [table, row] of rows) await sql`insert into ${sql(table)} ${sql(row)}`
}

/** In each session a thread, a deleted one, and in both whatever a thread can hold. */
async function fillSessions({ sql }: World, ids: readonly string[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      insert into loacl.threads (session_id, assistant_id, title, status)
      select s.id, s.assistant_id, 'One', status
      from loacl.sessions s, unnest(array['active', 'deleted']) status where s.id = any (${ids})
    `
    await tx`
      insert into loacl.messages (thread_id, session_id, assistant_id, client_id, role, content)
      select t.id, t.session_id, t.assistant_id, case role when 'user' then t.id::text end, role, 'Said.'
      from loacl.threads t, unnest(array['system', 'user', 'assistant']) role where t.session_id = any (${ids})
    `
    const answers = tx`select * from loacl.messages where role = 'assistant' and session_id = any (${ids})`
    await tx`
      insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion, used_at)
      select id, thread_id, session_id, assistant_id, 1, 'Why?', now() from (${answers}) m
    `
    await tx`insert into loacl.message_annotations (message_id, type, url) select id, 'url_citation', 'https://a.test' from (${answers}) m`
    await tx`insert into loacl.message_feedback (message_id, value) select id, 'up' from (${answers}) m`
    await tx`insert into loacl.tool_executions (message_id, tool_name) select id, 'look_up' from (${answers}) m`
    await tx`insert into loacl_private.message_internals (message_id) select id from (${answers}) m`
    await tx`insert into loacl.moderation_flags (message_id, direction, model) select id, 'output', 'x' from (${answers}) m`
    // Bytes go with the last file that names them, so there are two.
    await tx`
      with objects as (
        insert into loacl.file_objects (assistant_id, person, sha256, size_bytes, mime_type, storage_path)
        select s.assistant_id, 'session:' || s.id, convert_to(md5(s.id::text), 'UTF8'), 3, 'image/png', 'files/' || s.id
        from loacl.sessions s where s.id = any (${ids})
        returning *
      )
      insert into loacl.files (object_id, assistant_id, session_id, thread_id, original_name, mime_type, size_bytes)
      select o.id, o.assistant_id, t.session_id, t.id, 'me.png', o.mime_type, o.size_bytes
      from objects o join loacl.threads t on o.person = 'session:' || t.session_id
    `
    await tx`
      insert into loacl_private.uploads (assistant_id, session_id, storage_path, original_name, mime_type, size_bytes)
      select s.assistant_id, s.id, 'uploads/' || s.id, 'me.png', 'image/png', 3 from loacl.sessions s where s.id = any (${ids})
    `
    const threads = tx`select * from loacl.threads where session_id = any (${ids})`
    await tx`insert into loacl.thread_overrides (thread_id, model) select id, 'gpt-6-luna' from (${threads}) t`
    await tx`
      insert into loacl.context_optimizations (thread_id, trigger_reason, optimization_type, tokens_before, tokens_after)
      select id, 'auto', 'truncation', 9, 1 from (${threads}) t
    `
    await tx`insert into loacl_private.thread_contexts (thread_id, model) select id, 'gpt-6-luna' from (${threads}) t`
    await tx`
      insert into loacl.thread_tags (thread_id, tag_id, owner_id)
      select t.id, g.id, g.owner_id
      from (${threads}) t
      join loacl.assistants a on a.id = t.assistant_id
      join loacl.conversation_tags g on g.owner_id = a.owner_id
    `
    await tx`
      insert into loacl.usage_logs (
        owner_id, assistant_id, session_id, thread_id, purpose, provider, model,
        input_tokens, cached_input_tokens, output_tokens, reasoning_tokens
      )
      select a.owner_id, a.id, t.session_id, t.id, 'answer', 'openai', 'gpt-6-luna', 1, 0, 1, 0
      from (${threads}) t join loacl.assistants a on a.id = t.assistant_id
    `
  })
}
