import type { PageContext } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { LoaclError } from './errors.ts'

/** Most bytes of it, as JSON in UTF-8. */
const MAX_BYTES = 4096

/** Has it go with this visitor's messages from now on. Where it is refused, the one before stays. */
export function setContext(
  client: ClientContext,
  context: PageContext | null,
  { keepQuery }: { keepQuery?: boolean | undefined } = {},
): void {
  const text = JSON.stringify(context, (name, value) =>
    name === 'url' && value && !keepQuery ? `${value}`.replace(/[?#].*/s, '') : value,
  )
  if (!/^[{n]/.test(text) || new Blob([text]).size > MAX_BYTES)
    throw new LoaclError('options_invalid', 'Wrong "context".')
  client.context = JSON.parse(text)
  // The visitor is forgotten. As a property, it stands there once.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.lifetime().onabort = () => (client.context = null)
}
