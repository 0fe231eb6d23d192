// `@supabase/lite` as this package uses it. Loading it replaces `process.emitWarning` by a filter of one warning's text
// that fails on an error object, which Node passes as well: that is undone here.
import { emitWarning } from './own_warnings.ts'
export { App, generateApiKey, setExperimental } from '@supabase/lite'
export { createPostgresConnection } from '@supabase/lite/postgres'

process.emitWarning = emitWarning
