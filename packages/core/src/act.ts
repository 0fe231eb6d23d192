import { LoaclError } from './errors.ts'
import { fetchActions } from './fetch_actions.ts'
import { fetchCalls } from './fetch_calls.ts'
import { loadThread, TOOLS } from './follow_threads.ts'
import { loadOlder } from './load_messages.ts'
import type * as Actions from './thread_actions.ts'
import type { ActionTools } from './follow_threads.ts'
import type { ThreadContext } from './thread_context.ts'
import type * as Calls from './tool_calls.ts'

const LOADING = { load: loadThread, loadOlder }
const isOfCalls = (name: ActionName): boolean => /^(approve|deny)$/.test(name)

type Loading = typeof LOADING
type Further = typeof Actions & typeof Calls
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
  const fetching: Promise<object> = isOfCalls(name) ? fetchCalls() : fetchActions()
  const actions = await fetching.catch((cause) => {
    throw new LoaclError('network', undefined, { cause })
  })
  return await (actions as unknown as Record<string, AnyAction>)[name]!(thread, TOOLS, ...args)
}
