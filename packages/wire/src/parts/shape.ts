export const TEXT = 0
export const OPTIONAL_TEXT = 1

type Kind = typeof TEXT | typeof OPTIONAL_TEXT | [Shape] | Shape

/** The members that a reader relies on. Others may come and go. */
export interface Shape {
  readonly [member: string]: Kind
}

type Members = Readonly<Record<string, unknown>> | null | undefined

/** Whether a value has all that a reader relies on. */
export function fits(value: unknown, kind: Kind): boolean {
  if (typeof kind === 'number') return typeof value === 'string' || (value === undefined && kind === OPTIONAL_TEXT)
  if (Array.isArray(kind)) return Array.isArray(value) && value.every((item) => fits(item, kind[0]))
  return Object.entries(kind).every(([member, inner]) => fits((value as Members)?.[member], inner))
}
