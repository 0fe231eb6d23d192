import { ERROR_STATUS } from '@loacl/wire'
import type { Check } from './check.ts'

/** What the visitor sees is what a reload shows. */
export const checkViews: Check = ({ observation, going, visitor }) => {
  // One who is somebody else now has nothing of it.
  const isGone = visitor.hasErased || visitor.hasSignedOut || visitor.hasDeleted
  const views = [
    ...(isGone ? [] : observation.views.filter(({ isLost, isRestored }) => !isLost && !isRestored)),
    ...(going.view ? [going.view] : []),
  ]
  // What could not be sent to a conversation that is deleted is not gone with it.
  const lost =
    visitor.hasErased || visitor.hasSignedOut
      ? []
      : observation.views.flatMap(({ unsent, composer, reloaded }) =>
          unsent.filter(
            ({ text, files, line }) =>
              // It may have come to be stored all the same.
              !reloaded.includes(line) &&
              !(composer.texts.includes(text) && files.every((file) => composer.files.includes(file))),
          ),
        )
  return [
    ...[...new Set(lost.map(({ line }) => line))].map((detail) => ({ kind: 'text-lost-at-reload', detail })),
    ...views.flatMap(({ shown, reloaded }) =>
      shown.join('\n') === reloaded.join('\n')
        ? []
        : [{ kind: 'view-differs', detail: `shown:\n  ${shown.join('\n  ')}\nreloaded:\n  ${reloaded.join('\n  ')}` }],
    ),
  ]
}

/** A title that the visitor gave stays. */
export const checkTitle: Check = ({ visitor: { title }, stored }) =>
  title === null || stored.titles.includes(title)
    ? []
    : [{ kind: 'title-lost', detail: `"${title}" is not among ${JSON.stringify(stored.titles)}` }]

/** What the visitor is told is true: it is what went wrong. */
export const checkCodes: Check = ({ going, plan, stored }) => {
  const { ability, blows } = plan
  const allowed = new Set<string>([...(ability.codes ?? []), ...blows.flatMap(({ fault }) => fault.codes)])
  // Nobody has checked to its end what a worker said that was lost.
  if (ability.settings?.moderates_output && allowed.has('turn_abandoned')) allowed.add('moderation_unavailable')
  for (const code of ability.spares ?? []) allowed.delete(code)
  // Its preparation.
  if (ability.name === 'retry') allowed.add('model_unavailable')
  const told = [...going.codes, ...stored.messages.flatMap(({ errorCode }) => errorCode ?? [])]
  return [...new Set(told)]
    .filter((code) => !allowed.has(code) || !Object.hasOwn(ERROR_STATUS, code))
    .map((code) => ({ kind: `code-${code}`, detail: `told beside ${[...allowed].join(', ') || 'none'}` }))
}

/** The visitor can go on: the next question is answered. */
export const checkGoingOn: Check = ({ going: { last, error } }) => {
  if (error) return [{ kind: 'cannot-go-on', detail: `${error.code ?? ''} ${error.stack}` }]
  if (last?.status === 'completed') return []
  return [
    {
      kind: 'cannot-go-on',
      detail: last?.status === 'failed' ? `failed: ${last.error.code}` : (last?.status ?? 'nothing was asked'),
    },
  ]
}
