type Kind = 'string' | 'string?' | [Shape] | Shape

/** The members that a reader relies on. Others may come and go. */
export interface Shape {
  readonly [member: string]: Kind
}

type Members = Readonly<Record<string, unknown>> | null | undefined

/** Whether a value has all that a reader relies on. */
export function fits(value: unknown, kind: Kind): boolean {
  if (typeof kind === 'string') return kind.startsWith(typeof value) || (value === undefined && kind.endsWith('?'))
  if (Array.isArray(kind)) return Array.isArray(value) && value.every((item) => fits(item, kind[0]))
  return Object.entries(kind).every(([member, inner]) => fits((value as Members)?.[member], inner))
}
