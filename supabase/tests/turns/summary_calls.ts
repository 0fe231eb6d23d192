import { usageOf } from '../limits/spending.ts'
import type { TurnKey, World } from '../support/world.ts'
import { createLongConversations } from './long_conversation.ts'

export interface Planned {
  model: string
  messages: { by: string; text: string }[]
  plan: object
}

export const SUMMARY = 'They spoke of letters.'
/** Who says what in the conversation that a summary is made of. */
export const toldTo = (planned: Planned | null) => planned?.messages.map(({ by, text }) => `${by} ${text[0]}`)

/** What the functions ask for summaries, and conversations that need one. */
export function createSummaryCalls(world: World) {
  const { api, sql } = world
  const { begin } = createLongConversations(world)

  const plan = async ({ id, lease }: TurnKey): Promise<Planned | null> => {
    const { status, body } = await api.rpc('begin_summary', { turn_id: id, lease }, world.asServer())
    if (status !== 200) throw new Error(`begin_summary: ${JSON.stringify(body)}`)
    return body
  }
  const save = ({ id, lease }: TurnKey, planned: Planned, made: object = {}) =>
    api.rpc(
      'save_summary',
      { turn_id: id, lease, plan: planned.plan, summary: SUMMARY, usage: usageOf(100, 20), ...made },
      world.asServer(),
    )
  const summarize = async (turn: TurnKey, summary = SUMMARY) => save(turn, (await plan(turn))!, { summary })

  /** A conversation of 1,000 tokens, of which 800 are taken. */
  async function beginNear(settings: Record<string, string | number | boolean | null> = {}) {
    const conversation = await begin({ context_strategy: 'summarization', context_token_budget: 1000, ...settings })
    await conversation.exchange('a', 'b')
    const { turn } = await conversation.exchange('c', 'd')
    return { ...conversation, turn }
  }
  /** Two exchanges that no summary was made of, and a question that outgrows the budget. */
  const outgrow = async (settings = {}) => {
    const conversation = await beginNear(settings)
    const asked = await conversation.ask('e'.repeat(900))
    return { ...conversation, asked }
  }

  const readUsage = (assistantId: string) => sql`
    select model, input_tokens::int as input, output_tokens::int as output, is_estimate
    from loacl.usage_logs where assistant_id = ${assistantId} and purpose = 'summary'
  `
  const readReserved = async ({ id }: TurnKey) =>
    (await sql`select purpose from loacl_private.reservations where turn_id = ${id} order by 1`).map(
      ({ purpose }) => purpose as string,
    )
  const retryNow = (threadId: string) =>
    sql`update loacl_private.thread_contexts set summary_tried_at = now() - interval '5 minutes' where thread_id = ${threadId}`

  return { begin, plan, save, summarize, beginNear, outgrow, readUsage, readReserved, retryNow }
}
