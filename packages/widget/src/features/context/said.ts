import { createStore, type Model, type PageContext, type Said } from '../runtime.ts'

/** Where the visitor's choice is kept for the tab's other pages. */
const KEPT = 'context'

/**
 * Takes what the page says in place of what it said before. It is sent only from now on, when the visitor can see it.
 *
 * @throws LoaclError `options_invalid`: then what it said before stays
 */
export async function setContext(
  model: Model,
  context: PageContext | null,
  options?: { keepQuery?: boolean | undefined },
): Promise<void> {
  const { client, memory } = model
  await client.setContext(context, options)
  const page = context && withoutQuery(context, options)
  const known = model.context ?? begin(model)
  const left = known.getSnapshot()?.left ?? (memory.get(KEPT) as Said['left'])
  known.set(page && Object.keys(page).length > 0 ? { page, left } : null)
  apply(model)
}

function begin(model: Model) {
  const { client } = model
  const said = (model.context = createStore<Said | null>(null))
  let before = client.getSnapshot().status
  client.subscribe(() => {
    const was = before
    before = client.getSnapshot().status
    if (was === before) return
    if (was === 'open') {
      // Only whoever is forgotten leaves a session that was open.
      model.memory.set(KEPT, null)
      said.set(null)
    } else if (before === 'open') apply(model)
  })
  return said
}

/** As the client sends it. */
function withoutQuery(context: PageContext, { keepQuery }: { keepQuery?: boolean | undefined } = {}): PageContext {
  return JSON.parse(
    JSON.stringify(context, (name, value: unknown) =>
      name === 'url' && value && !keepQuery ? String(value).replace(/[?#].*/s, '') : value,
    ),
  ) as PageContext
}

/** Makes the client send what the visitor lets it. */
function apply({ client, context }: Model): void {
  const said = context?.getSnapshot()
  void client.setContext(said && !said.left ? said.page : null, { keepQuery: true })
}

export function leaveOut(model: Model, left: Said['left']): void {
  const said = model.context!.getSnapshot()
  if (!said) return
  model.memory.set(KEPT, left === 'always' ? left : null)
  model.context!.set({ ...said, left })
  apply(model)
}
