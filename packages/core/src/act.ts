import type { ClientContext } from './client_context.ts'
import { LoaclError } from './errors.ts'
import { fetchActions } from './fetch_actions.ts'
import { fetchCalls } from './fetch_calls.ts'
import { fetchFiles } from './fetch_files.ts'
import type * as Files from './files.ts'
import { type ActionTools, loadThread, TOOLS } from './follow_threads.ts'
import { listThreads } from './list_threads.ts'
import { loadOlder } from './load_messages.ts'
import { setContext } from './page_context.ts'
import type * as Actions from './thread_actions.ts'
import type { ThreadContext } from './thread_context.ts'
import type * as Calls from './tool_calls.ts'

/** What is needed so soon that it is here. */
const HERE = { load: loadThread, loadOlder, list: listThreads, setContext }

/** Which file has the others. */
const fetchAction = (name: string): Promise<object> =>
  /^(approve|deny)$/.test(name) ? fetchCalls() : /^(upload|link|remove)$/.test(name) ? fetchFiles() : fetchActions()

type Here = typeof HERE
type Further = typeof Actions & typeof Calls & typeof Files
type Action = Here & Further
type Context = ClientContext | ThreadContext

/** Of a client, or of a thread. */
export type ActionName<Of = Context> = {
  [Name in keyof Action]: Parameters<Action[Name]>[0] extends Of ? Name : never
}[keyof Action]
export type ArgumentsOf<Name extends keyof Action> = Name extends keyof Here
  ? Parameters<Here[Name]> extends [Context, ...infer Rest]
    ? Rest
    : never
  : Name extends keyof Further
    ? Parameters<Further[Name]> extends [Context, ActionTools, ...infer Rest]
      ? Rest
      : never
    : never
export type ResultOf<Name extends keyof Action> = Awaited<ReturnType<Action[Name]>>
type AnyAction = (...args: unknown[]) => never

/** Does something with a client or a thread; what is done more rarely than loading is fetched first. */
export async function act<Of, Name extends ActionName<Of>>(
  name: Name,
  of: Of,
  ...args: ArgumentsOf<Name>
): Promise<ResultOf<Name>> {
  if (name in HERE) return await (HERE as unknown as Record<string, AnyAction>)[name]!(of, ...args)
  const actions = await fetchAction(name).catch((cause) => {
    throw new LoaclError('network', undefined, { cause })
  })
  return await (actions as unknown as Record<string, AnyAction>)[name]!(of, TOOLS, ...args)
}
