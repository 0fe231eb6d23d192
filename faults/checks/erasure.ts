import type { Check } from './check.ts'
import { rowsWith } from './stored_marks.ts'

/** Nothing of an erased person is in any table. */
export const checkErasure: Check = async ({ visitor }) => {
  if (!visitor.hasErased) return []
  // What was asked after the erasure is a new guest's.
  const before = visitor.traces.slice(0, -1)
  const marks = [
    ...before.flatMap(({ ids }) => [...ids]),
    ...before.map(({ text }) => text),
    ...visitor.files.map(({ name }) => name),
    `person-${visitor.name}`,
  ]
  const left = await rowsWith(visitor.world.sql, marks, ['loacl', 'loacl_private', 'auth', 'storage'])
  return left.length > 0 ? [{ kind: 'erased-data-left', detail: left.join('\n') }] : []
}
