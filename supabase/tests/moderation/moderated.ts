import type { BegunTurn, Operator, World } from '../support/world.ts'
import { createTurnCalls, delta } from '../turns/turn_calls.ts'

export const FIRST = [{ type: 'start' }, { type: 'data-turn' }]
export const FLAGGED = { state: 'failed', errorCode: 'output_flagged' }
export const used = (change: object = {}) => ({
  model: 'omni-moderation-latest',
  flags: [],
  usage: { inputTokens: 30, outputTokens: 0, isEstimate: true },
  ...change,
})
export const output = used({ flags: [{ direction: 'output', categories: ['illicit', 'violence'] }] })

/** Turns of assistants that moderate, and what is left of them. */
export function createModerated(world: World) {
  const { api, sql, asServer } = world
  const { append } = createTurnCalls(world)

  const moderating = (settings: Record<string, boolean | string | number | null> = {}, owner?: Operator) =>
    world.createAssistant({
      settings: { moderates_input: true, moderates_output: true, show_reasoning: true, ...settings },
      ...(owner ? { owner } : {}),
    })

  /** Names of the tables in which a text is found. */
  async function tablesWith(text: string): Promise<string[]> {
    const tables = await sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c
      where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind = 'r'
    `
    const found = await Promise.all(
      tables.map(async ({ name }) => {
        const rows = await sql`select from ${sql(name)} t where to_jsonb(t)::text like ${`%${text}%`} limit 1`
        return rows.length > 0 ? [name] : []
      }),
    )
    return found.flat()
  }

  /** An answer with this word wherever an answer can leave one, as its worker has it before it ends. */
  async function say(assistantId: string, token: string, word: string): Promise<BegunTurn & { outcome: object }> {
    const begun = await world.ask(assistantId, token)
    const { turn, messageId, threadId } = begun
    await append(turn, 1, [...FIRST, delta(`Take ${word}.`)])
    await addAnnotation(messageId, word)
    await sql`insert into loacl_private.message_internals (message_id, metadata) values (${messageId}, ${sql.json({ word })})`
    await sql`
      insert into loacl.tool_executions (message_id, tool_name, parameters, result, status)
      values (${messageId}, 'look_up', ${sql.json({ word })}, ${sql.json({ word })}, 'completed')
    `
    await sql`
      insert into loacl.context_optimizations (
        thread_id, trigger_reason, optimization_type, tokens_before, tokens_after, summary, affected_messages
      )
      values (${threadId}, 'auto', 'summarization', 9, 1, ${word}, ${[messageId]})
    `
    const outcome = {
      parts: [
        { type: 'reasoning', text: word },
        { type: 'text', text: `Take ${word}.` },
      ],
      content: `Take ${word}.`,
      providerItems: [{ type: 'message', word }],
    }
    return { ...begun, outcome }
  }

  const addAnnotation = (messageId: string, quote: string) =>
    sql`
      insert into loacl.message_annotations (message_id, type, title, quote) values (${messageId}, 'file_citation', 'Rules', ${quote})
    `
  const followUp = ({ turn: { id, lease } }: BegunTurn, word: string) =>
    api.rpc(
      'save_follow_ups',
      { turn_id: id, lease, title: word, suggestions: [word], usage: null, is_called: false },
      asServer(),
    )
  const flagsOf = (messageId: string) =>
    sql`select direction, categories, model, thread_id, session_id is not null as has_session from loacl.moderation_flags where message_id = ${messageId}`

  return { moderating, tablesWith, say, addAnnotation, followUp, flagsOf }
}
