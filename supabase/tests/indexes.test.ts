import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { pushMigrations } from '../../packages/local/src/index.ts'
import { createDatabase } from './support/database.ts'

// A database of its own, and empty: no other test's rows change which index the planner prefers.
const database = await createDatabase(workerStack().dbUrl)
const { sql } = database
afterAll(() => database.drop())

const ID = `'00000000-0000-4000-8000-000000000000'`
const OWN = `= any (array[${ID}::uuid])`

/** The question that each index is for, as the rest of a query on its table. Those that only hold something have none. */
const QUESTIONS: Readonly<Record<string, string>> = {
  secrets_owner_id_idx: `where owner_id = ${ID}`,
  secrets_assistant_id_purpose_idx: `where assistant_id = ${ID} and purpose = 'tool_secret'`,
  secrets_mcp_server_id_idx: `where mcp_server_id = ${ID}`,
  assistant_tools_mcp_server_id_idx: `where mcp_server_id = ${ID}`,
  assistants_provider_config_id_idx: `where provider_config_id = ${ID}`,
  assistants_fallback_provider_config_id_idx: `where fallback_provider_config_id = ${ID}`,
  provider_configs_secret_id_idx: `where secret_id = ${ID}`,
  sessions_assistant_id_last_active_at_idx: `where assistant_id = ${ID} order by last_active_at desc`,
  sessions_user_id_idx: `where user_id = ${ID} and assistant_id = ${ID}`,
  sessions_external_id_idx: `where external_id = 'x' and assistant_id = ${ID}`,
  sessions_expires_at_idx: `where expires_at <= now()`,
  threads_client_id_session_id_key: `where client_id = 'x' and session_id ${OWN} and status <> 'deleted'`,
  threads_session_id_last_message_at_idx: `where session_id = ${ID} order by last_message_at desc, id desc`,
  threads_assistant_id_last_message_at_idx: `where assistant_id = ${ID} order by last_message_at desc, id desc`,
  threads_deleted_at_idx: `where deleted_at <= now()`,
  threads_session_id_deleted_idx: `where session_id ${OWN} and status = 'deleted'`,
  messages_thread_id_seq_idx: `where thread_id = ${ID} order by seq desc`,
  messages_parent_id_idx: `where parent_id = ${ID}`,
  messages_session_id_thread_id_idx: `where session_id = ${ID} and thread_id = ${ID}`,
  messages_assistant_id_seq_idx: `where assistant_id = ${ID} order by seq desc`,
  messages_assistant_id_created_at_idx: `where assistant_id = ${ID} and created_at > now() and role = 'user' order by created_at`,
  follow_up_suggestions_thread_id_idx: `where thread_id = ${ID}`,
  follow_up_suggestions_session_id_idx: `where session_id ${OWN}`,
  follow_up_suggestions_assistant_id_idx: `where assistant_id ${OWN}`,
  guided_questions_assistant_id_priority_idx: `where assistant_id = ${ID} order by priority desc, created_at`,
  turns_one_open_idx: `where thread_id >= ${ID} and state in ('running', 'waiting') order by thread_id`,
  turns_thread_id_idx: `where thread_id = ${ID}`,
  turns_message_id_idx: `where message_id = ${ID}`,
  turns_user_message_id_created_at_idx: `where user_message_id = ${ID} order by created_at desc`,
  turns_unpurged_idx: `where ended_at < now() and purged_at is null and is_folded order by ended_at`,
  turns_unfolded_idx: `where not is_folded order by ended_at`,
  kept_stops_created_at_idx: `where created_at < now() order by created_at`,
  turns_running_lease_idx: `where state = 'running' and lease_expires_at < now() order by lease_expires_at`,
  turns_waiting_idx: `where state = 'waiting' and wait_expires_at < now() order by wait_expires_at`,
  turn_steps_one_running_idx: `where turn_id >= ${ID} and state = 'running' order by turn_id`,
  usage_logs_owner_id_created_at_idx: `where owner_id = ${ID} and created_at > now()`,
  usage_logs_assistant_id_created_at_idx: `where assistant_id = ${ID} and created_at > now()`,
  usage_logs_session_id_idx: `where session_id = ${ID}`,
  usage_logs_thread_id_idx: `where thread_id = ${ID}`,
  documents_owner_id_created_at_idx: `where owner_id = ${ID} order by created_at desc, id desc`,
  documents_unfinished_idx: `where owner_id = ${ID} and status = 'failed'`,
  documents_provider_config_id_idx: `where provider_config_id = ${ID}`,
  vector_stores_owner_id_created_at_idx: `where owner_id = ${ID} order by created_at desc, id desc`,
  vector_stores_provider_config_id_idx: `where provider_config_id = ${ID}`,
  document_vector_stores_vector_store_id_idx: `where vector_store_id = ${ID}`,
  document_vector_stores_owner_id_idx: `where owner_id = ${ID}`,
  assistant_documents_document_id_idx: `where document_id = ${ID}`,
  assistant_documents_owner_id_idx: `where owner_id = ${ID}`,
  assistant_vector_stores_vector_store_id_idx: `where vector_store_id = ${ID}`,
  assistant_vector_stores_owner_id_idx: `where owner_id = ${ID}`,
  assistant_resources_resource_id_idx: `where resource_id = ${ID}`,
  assistant_resources_owner_id_idx: `where owner_id = ${ID}`,
  file_objects_provider_file_id_idx: `where provider_file_id = 'file-1'`,
  file_objects_provider_config_id_idx: `where provider_config_id = ${ID}`,
  files_object_id_idx: `where object_id = ${ID}`,
  files_session_id_created_at_idx: `where session_id = ${ID} order by created_at desc`,
  files_assistant_id_created_at_idx: `where assistant_id = ${ID} and created_at > now()`,
  files_thread_id_idx: `where thread_id = ${ID}`,
  files_message_id_idx: `where message_id = ${ID}`,
  uploads_session_id_created_at_idx: `where session_id ${OWN} and created_at > now()`,
  uploads_created_at_idx: `where created_at <= now() order by created_at limit 5`,
  uploads_begun_idx: `where state = 'begun' and created_at <= now() order by created_at limit 5`,
  files_unsent_idx: `where message_id is null and created_at <= now()`,
  message_annotations_thread_id_idx: `where thread_id = ${ID}`,
  message_annotations_session_id_idx: `where session_id ${OWN}`,
  message_annotations_assistant_id_idx: `where assistant_id ${OWN}`,
  message_annotations_document_id_idx: `where document_id = ${ID}`,
  message_annotations_file_id_idx: `where file_id = ${ID}`,
  message_feedback_thread_id_idx: `where thread_id = ${ID}`,
  message_feedback_session_id_idx: `where session_id ${OWN}`,
  message_feedback_assistant_id_created_at_idx: `where assistant_id = ${ID} order by created_at desc`,
  thread_overrides_assistant_id_idx: `where assistant_id ${OWN}`,
  moderation_flags_message_id_idx: `where message_id = ${ID}`,
  moderation_flags_thread_id_idx: `where thread_id = ${ID}`,
  moderation_flags_assistant_id_created_at_idx: `where assistant_id = ${ID} order by created_at desc`,
  assistants_moderation_provider_config_id_idx: `where moderation_provider_config_id = ${ID}`,
  tool_executions_turn_id_step_call_id_key: `where turn_id = ${ID} and step = 1`,
  tool_executions_message_id_idx: `where message_id = ${ID} order by created_at`,
  tool_executions_tool_id_idx: `where tool_id = ${ID}`,
  tool_executions_thread_id_idx: `where thread_id = ${ID}`,
  tool_executions_assistant_id_created_at_idx: `where assistant_id = ${ID} order by created_at desc`,
  tool_executions_assistant_id_tool_name_idx: `where assistant_id = ${ID} and tool_name = 'x' and status = 'completed'`,
  tool_executions_unfinished_idx: `where completed_at is null and status = 'pending' order by created_at`,
  context_optimizations_thread_id_created_at_idx: `where thread_id = ${ID} order by created_at desc`,
  context_optimizations_assistant_id_created_at_idx: `where assistant_id = ${ID} and created_at > now()`,
  conversation_tags_owner_id_name_idx: `where owner_id = ${ID} and lower(name) = 'x'`,
  thread_tags_tag_id_idx: `where tag_id = ${ID}`,
  thread_tags_assistant_id_idx: `where assistant_id = ${ID}`,
  thread_tags_owner_id_idx: `where owner_id = ${ID}`,
  deletion_queue_due_at_idx: `where due_at <= now() order by due_at`,
  rate_counters_ends_at_idx: `where ends_at <= now() order by ends_at`,
  replaced_session_tokens_created_at_idx: `where created_at < now() and not is_erased order by created_at`,
  reservations_assistant_id_idx: `where assistant_id = ${ID}`,
}

let tables: Map<string, string>
beforeAll(async () => {
  await pushMigrations(database.url)
  const found = await sql<{ name: string; table: string }[]>`
    select i.relname as name, x.indrelid::regclass::text as table
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where i.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
      and obj_description(i.oid, 'pg_class') ~ 'Serves: '
  `
  tables = new Map(found.map(({ name, table }) => [name, table]))
  // Whatever a table holds: an index that can answer is taken.
  await sql`set enable_seqscan = off`
  await sql`set enable_bitmapscan = off`
})

it('every index that serves a question has it here, and every question its index', () => {
  expect(Object.keys(QUESTIONS).toSorted()).toEqual([...tables.keys()].toSorted())
})

it.each(Object.entries(QUESTIONS))('%s answers its question, in order and without a filter', async (name, question) => {
  const plan = await sql.unsafe(`explain select ctid from ${tables.get(name)} ${question}`)
  const text = plan.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).toContain(` using ${name} on `)
  expect(text).not.toMatch(/Sort|Filter/)
})
