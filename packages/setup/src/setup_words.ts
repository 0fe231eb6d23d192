import type { ModelTrial } from './try_model.ts'

/** What is wrong with a given option, by the name of the constraint that refuses it. */
const WRONG: Readonly<Record<string, string>> = {
  assistants_name_length: '--assistant has 1 to 100 characters.',
  assistants_greeting_length: '--greeting has 4,000 characters at most.',
  assistants_instructions_length: '--instructions has 200,000 characters at most.',
  assistants_model_length: '--model has 1 to 200 characters.',
  guided_questions_question_length: '--question has 1 to 500 characters.',
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  // Something listens there that is no PostgreSQL.
  'CONNECTION_DESTROYED',
])
const NO_SUCH_SCHEMA = '3F000'
const NO_SUCH_TABLE = '42P01'

/** Says in the words of `npm run setup` what the database, or the way there, said. `null` for what is neither. */
export function explainSetupFailure(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const wrong = 'constraint_name' in error ? WRONG[String(error.constraint_name)] : undefined
  if (wrong) return wrong
  // LOACL's own errors have their words in the detail.
  if (error.message === 'invalid_body' && 'detail' in error) return `--origin: ${String(error.detail)}`
  if (UNREACHABLE.has(String(error.code)))
    return `The database could not be reached: ${error.message}. Is --db-url the whole connection string? In its password, write @ as %40, # as %23, / as %2F, ? as %3F, : as %3A and % as %25.`
  if (error.code === NO_SUCH_SCHEMA || error.code === NO_SUCH_TABLE)
    return error.message.includes('loacl')
      ? 'The project lacks LOACL’s tables: run `npx supabase db push` first.'
      : `This is not a Supabase project’s database: ${error.message}.`
  return error.message
}

/** What came of asking the provider, unless it refused. */
export const describeTrial = ({ model, failure }: ModelTrial): string =>
  failure === null
    ? `${model} was asked, and answers.`
    : `${model} could not be tried: ${failure}. The function does it later: POST /provider-key/test, in docs/admin.md.`
