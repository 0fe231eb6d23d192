import { createToken } from '../support/api.ts'
import { type TurnKey, type World } from '../support/world.ts'

export const TEXT = 'What is it?'
export const exceeded = { status: 429, body: { code: 'PT429', message: 'budget_exceeded' } }
// gpt-6-luna's prices, in dollars a token.
export const INPUT = 0.1e-6
export const OUTPUT = 0.5e-6

export const usageOf = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  cachedInputTokens: 0,
  outputTokens,
  reasoningTokens: 0,
})

/** Turns that cost something, and what an assistant may spend and has. */
export function createSpending(world: World) {
  const { api, sql } = world

  /** What the first turn in a thread reserves, in dollars and tokens. */
  async function readBound(assistantId: string) {
    const rows = await sql<{ purpose: 'answer' | 'title'; tokens: number; usd: number }[]>`
      select c.purpose, c.tokens::int, c.usd::float8
      from loacl.assistants a
      cross join loacl_private.bound_calls(a, ${sql.json([{ role: 'user', content: TEXT }])}, true) c
      where a.id = ${assistantId}
    `
    const usd = Object.fromEntries(rows.map((row) => [row.purpose, row.usd])) as Record<'answer' | 'title', number>
    return {
      ...usd,
      usd: usd.answer + usd.title,
      tokens: rows.reduce((sum, row) => sum + row.tokens, 0),
    }
  }

  async function readBudget(assistantId: string) {
    const [row] = await sql<{ tokens: number; usd: number; month: number }[]>`
      select day_tokens::int as tokens, day_usd::float8 as usd, month_usd::float8 as month
      from loacl_private.budgets where assistant_id = ${assistantId}
    `
    return row
  }

  const begin = (assistantId: string) => world.beginTurn(assistantId, createToken(), { text: TEXT })
  const setLimit = (assistantId: string, limits: Record<string, number | null>) =>
    sql`update loacl.assistants set ${sql(limits)} where id = ${assistantId}`
  const saveFollowUps = ({ id, lease }: TurnKey, usage: object | null) =>
    api.rpc('save_follow_ups', { turn_id: id, lease, title: 'It', suggestions: ['And?'], usage }, world.asServer())

  return { readBound, readBudget, begin, setLimit, saveFollowUps }
}
