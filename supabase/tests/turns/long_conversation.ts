import { createToken } from '../support/api.ts'
import type { World } from '../support/world.ts'

export interface Told {
  role: string
  content: string
}

/** A conversation that grows by whole exchanges, of texts of one letter each. */
export function createLongConversations(world: World) {
  const { sql } = world

  const begin = async (settings: Record<string, string | number | boolean | null> = {}) => {
    const { id: assistantId, owner } = await world.createAssistant({
      settings: { context_token_budget: 500, follow_ups: false, ...settings },
    })
    const token = createToken()
    let threadId: string | null = null

    /** Asks and gets what the model is told. */
    const ask = async (text: string) => {
      const asked = (await world.ask(assistantId, token, text, threadId)) as Awaited<ReturnType<World['ask']>> & {
        history: Told[]
        summary?: string
      }
      threadId = asked.threadId
      return asked
    }
    /** Asks and answers with texts of so many letters. */
    const exchange = async (asked: string, answered: string, letters = 600) => {
      const begun = await ask(asked.repeat(letters))
      await world.finish(begun.turn, { content: answered.repeat(letters) })
      return begun
    }
    const listOptimizations = () => sql<
      {
        type: string
        reason: string
        before: number
        after: number
        summary: string | null
        affected: string[]
      }[]
    >`
      select c.optimization_type as type, c.trigger_reason as reason, c.tokens_before as before, c.tokens_after as after, c.summary,
        array(
          select left(m.content, 1)
          from unnest(c.affected_messages) with ordinality a (id, place) join loacl.messages m on m.id = a.id
          order by a.place
        ) as affected
      from loacl.context_optimizations c where c.thread_id = ${threadId} order by c.created_at, c.optimization_type
    `
    return { assistantId, owner, token, ask, exchange, listOptimizations, threadId: () => threadId! }
  }

  return { begin }
}

/** First letters of what is told. */
export const letters = (history: readonly Told[]): string => history.map(({ content }) => content[0]).join('')
