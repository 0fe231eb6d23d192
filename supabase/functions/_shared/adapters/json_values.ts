export type Json = Readonly<Record<string, unknown>>

/** What a provider sent, where it is an object: else one without anything in it. */
export const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
