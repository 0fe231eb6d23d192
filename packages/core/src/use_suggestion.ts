import type { ActionTools } from './follow_threads.ts'
import type { ThreadContext } from './thread_context.ts'

/**
 * Marks a suggestion as used, here and on the server. Where that fails, it is offered again: nothing that the visitor need
 * know.
 */
export async function useSuggestion(
  { client, state, update }: ThreadContext,
  _: ActionTools,
  suggestionId: string,
): Promise<void> {
  update({
    messages: state().messages.map((message) => {
      const { suggestions } = message
      const index = suggestions.findIndex(({ id }) => id === suggestionId)
      return index < 0
        ? message
        : { ...message, suggestions: suggestions.with(index, { ...suggestions[index]!, used: true }) }
    }),
  })
  await client.rpc('use_suggestion', { suggestion_id: suggestionId }, {}, client.lifetime())
}
