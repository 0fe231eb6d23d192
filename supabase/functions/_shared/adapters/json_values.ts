export type Json = Readonly<Record<string, unknown>>

/** What a provider sent, where it is an object: else one without anything in it. */
export const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Whether two values of JSON are the same, whatever the order of their members. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [names, others] = [Object.keys(one), Object.keys(other)]
  return (
    names.length === others.length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson((one as Json)[name], (other as Json)[name]))
  )
}
