import { LoaclError } from './errors.ts'
import { fetchActions } from './fetch_actions.ts'
import { announceChange, loadThread } from './follow_threads.ts'
import { loadNewest, loadOlder } from './load_messages.ts'
import type * as Actions from './thread_actions.ts'
import type { ThreadContext } from './thread_context.ts'

/** What actions use of this file's: a copy of their own would follow threads of its own. */
const TOOLS = { announceChange, loadNewest }
export type ActionTools = typeof TOOLS

const LOADING = { load: loadThread, loadOlder }

type Loading = typeof LOADING
type Further = typeof Actions
export type ActionName = keyof Loading | keyof Further
export type ArgumentsOf<Name extends ActionName> = Name extends keyof Loading
  ? Parameters<Loading[Name]> extends [ThreadContext, ...infer Rest]
    ? Rest
    : never
  : Name extends keyof Further
    ? Parameters<Further[Name]> extends [ThreadContext, ActionTools, ...infer Rest]
      ? Rest
      : never
    : never
type ResultOf<Name extends ActionName> = Awaited<ReturnType<(Loading & Further)[Name]>>
type AnyAction = (...args: unknown[]) => never

/** Does something with a thread; what is done more rarely than loading is fetched first. */
export async function act<Name extends ActionName>(
  name: Name,
  thread: ThreadContext,
  ...args: ArgumentsOf<Name>
): Promise<ResultOf<Name>> {
  if (name in LOADING) return await (LOADING as unknown as Record<string, AnyAction>)[name]!(thread, ...args)
  const actions = await fetchActions().catch((cause) => {
    throw new LoaclError('network', undefined, { cause })
  })
  return await (actions as unknown as Record<string, AnyAction>)[name]!(thread, TOOLS, ...args)
}
