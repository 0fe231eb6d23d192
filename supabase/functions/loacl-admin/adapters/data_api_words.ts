import type { Operator } from '../domain/ports.ts'

/** SQLSTATE: a row that is named is not there, or is to go; there is one of the same name; a value is out of its range. */
export const FOREIGN_KEY = '23503'
export const UNIQUE = '23505'
export const CHECK = '23514'

/** A request's header that makes it the operator's own, under row security. */
export const asOperator = ({ accessToken }: Operator) => ({ authorization: `Bearer ${accessToken}` })
