/**
 * For `JSON.stringify`: texts as PostgreSQL can store them, without U+0000 and without halves of surrogate pairs. What is
 * no text stays as it is.
 */
export const toStorable = <T>(_key: string, value: T): T =>
  typeof value === 'string' ? (value.replace(/[\0\p{Cs}]/gu, '') as T) : value
