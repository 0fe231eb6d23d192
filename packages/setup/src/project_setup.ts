import postgres from 'postgres'
import { awaitAnswer } from './await_answer.ts'
import { readProvider, saveProvider, type Provider } from './provider.ts'
import { ProjectSetupError } from './setup_error.ts'
import { tryModel, type ModelTrial } from './try_model.ts'

export interface AssistantSettings {
  /**
   * One owner's assistants differ by it; an assistant of this name is changed, else one is made. Left out: the owner's
   * only one.
   */
  name?: string
  description?: string
  greeting?: string
  instructions?: string
  model?: string
  /**
   * In place of those that it has: `https://example.com`, `https://*.example.com`, `http://localhost:*` or `*`. None: no
   * page may use it.
   */
  allowedOrigins?: readonly string[]
  /** Beside those that it has. */
  addedOrigins?: readonly string[]
  /** In place of those that it has. */
  questions?: readonly { question: string; category: string | null }[]
  /** For an assistant that has no questions yet. */
  firstQuestions?: AssistantSettings['questions']
  /** Media types of what visitors may attach to messages, for an assistant that is made now. Default: none. */
  firstFileTypes?: readonly string[]
}

export interface ProjectSettings {
  /** Of an existing account of the project. Becomes an operator. */
  ownerEmail: string
  assistant: AssistantSettings
  /** Left out: the owner's provider stays as it is. */
  provider?: Provider
  /** Asks the provider for one word of a model or with a key that is set here, and changes nothing where it refuses. */
  triesModel?: boolean
}

export interface ProjectSetup {
  ownerId: string
  assistantId: string
  assistantName: string
  /** It was made just now. */
  isNew: boolean
  /** `null` where there was nothing to try, or no key to try it with. */
  trial: ModelTrial | null
}

/** Long enough for a paused database to start, and for one far away to answer. */
const CONNECT_TIMEOUT_MS = 15_000

export const DEFAULT_MODEL = 'gpt-6-luna'
/** Of an owner's first assistant. */
export const DEFAULT_NAME = 'Assistant'

/**
 * Makes an owner, an assistant and a provider key in a project that has the migrations, or brings them up to date: what
 * a setting leaves out stays as it is. All in one transaction, through the database alone, so it serves a hosted
 * project too.
 *
 * @param dbUrl of the role `postgres`
 * @param encryptionKeys the key ring, as in `LOACL_ENCRYPTION_KEYS` of the project's functions
 * @throws ProjectSetupError, KeyRingError, and the database's own errors
 */
export async function setUpProject(
  dbUrl: string,
  encryptionKeys: string,
  settings: ProjectSettings,
): Promise<ProjectSetup> {
  // Supabase's transaction pooler knows no prepared statements.
  const sql = postgres(dbUrl, { max: 1, prepare: false, onnotice: () => {}, ...encryption(dbUrl) })
  try {
    await awaitAnswer(sql, CONNECT_TIMEOUT_MS)
    return await sql.begin(async (transaction) => {
      const ownerId = await findOwner(transaction, settings.ownerEmail)
      const assistantName = settings.assistant.name ?? (await findOnlyName(transaction, ownerId))
      const saved = await saveAssistant(transaction, ownerId, { ...settings.assistant, name: assistantName })
      if (settings.provider) await saveProvider(transaction, ownerId, encryptionKeys, settings.provider)
      const { model, ...made } = saved
      const provider = settings.triesModel ? await findTried(transaction, ownerId, encryptionKeys, settings) : null
      return { ownerId, assistantName, ...made, trial: provider && (await tryModel(provider, model)) }
    })
  } finally {
    await sql.end()
  }
}

/** With what a new key or model is tried: the key that was given, or else the stored one, where the ring to open it is. */
async function findTried(
  sql: Transaction,
  ownerId: string,
  encryptionKeys: string,
  { provider, assistant }: ProjectSettings,
): Promise<Provider | null> {
  if (provider) return provider
  return assistant.model && encryptionKeys ? readProvider(sql, ownerId, encryptionKeys) : null
}

/** Nothing goes over a network in clear text, unless the address says so by `sslmode`. */
function encryption(dbUrl: string): { ssl?: 'require' } {
  const url = URL.canParse(dbUrl) ? new URL(dbUrl) : null
  const isSaid = ['sslmode', 'ssl', 'sslrootcert'].some((name) => url?.searchParams.get(name))
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(url?.hostname ?? '')
  return isSaid || isLoopback ? {} : { ssl: 'require' }
}

type Transaction = postgres.TransactionSql

async function findOwner(sql: Transaction, email: string): Promise<string> {
  const [owner] = await sql<{ id: string }[]>`select id from auth.users where lower(email) = lower(${email})`
  if (!owner)
    throw new ProjectSetupError(
      `The project has no user ${email}. Add one in the dashboard under Authentication, then try again.`,
    )
  await sql`insert into loacl_private.operators (user_id, role) values (${owner.id}, 'admin') on conflict (user_id) do nothing`
  return owner.id
}

async function findOnlyName(sql: Transaction, ownerId: string): Promise<string> {
  const rows = await sql<
    { name: string }[]
  >`select name from loacl.assistants where owner_id = ${ownerId} order by name`
  if (rows.length > 1)
    throw new ProjectSetupError(
      `There are several assistants: ${rows.map(({ name }) => name).join(', ')}. Say which, by --assistant.`,
    )
  return rows[0]?.name ?? DEFAULT_NAME
}

async function saveAssistant(
  sql: Transaction,
  ownerId: string,
  assistant: AssistantSettings & { name: string },
): Promise<Pick<ProjectSetup, 'assistantId' | 'isNew'> & { model: string }> {
  const { name, description = null, greeting = null, instructions = null, model = null } = assistant
  const { allowedOrigins = null, addedOrigins = [], questions, firstQuestions, firstFileTypes } = assistant
  const [row] = await sql<{ id: string; model: string; is_new: boolean }[]>`
    insert into loacl.assistants (owner_id, name, description, greeting, instructions, model, allowed_origins, is_default)
    values (
      ${ownerId}, ${name}, ${description}, ${greeting}, coalesce(${instructions}, ''), coalesce(${model}, ${DEFAULT_MODEL}),
      array(select distinct unnest(${allowedOrigins}::text[] || ${addedOrigins}::text[]) order by 1), not exists (select from loacl.assistants where owner_id = ${ownerId} and is_default)
    )
    on conflict (owner_id, name) do update set
      description = coalesce(${description}, assistants.description),
      greeting = coalesce(${greeting}, assistants.greeting),
      instructions = coalesce(${instructions}, assistants.instructions),
      model = coalesce(${model}, assistants.model),
      allowed_origins = array(
        select distinct unnest(coalesce(${allowedOrigins}::text[], assistants.allowed_origins) || ${addedOrigins}::text[]) order by 1
      )
    returning id, model, created_at = now() as is_new
  `
  if (!row) throw new ProjectSetupError(`The assistant "${name}" could not be saved.`)
  if (firstFileTypes && row.is_new)
    await sql`update loacl.assistants set file_types = ${firstFileTypes as string[]} where id = ${row.id}`
  if (firstQuestions && !(await hasQuestions(sql, row.id))) await addQuestions(sql, row.id, firstQuestions)
  if (questions) {
    await sql`delete from loacl.guided_questions where assistant_id = ${row.id}`
    await addQuestions(sql, row.id, questions)
  }
  return { assistantId: row.id, isNew: row.is_new, model: row.model }
}

async function hasQuestions(sql: Transaction, assistantId: string): Promise<boolean> {
  const rows = await sql`select from loacl.guided_questions where assistant_id = ${assistantId} limit 1`
  return rows.length > 0
}

async function addQuestions(
  sql: Transaction,
  assistantId: string,
  questions: NonNullable<AssistantSettings['questions']>,
): Promise<void> {
  const rows = questions.map(({ question, category }, index, all) => ({
    assistant_id: assistantId,
    question,
    category,
    priority: (all.length - index) * 10,
  }))
  // One that is named twice is there once.
  if (rows.length > 0) await sql`insert into loacl.guided_questions ${sql(rows)} on conflict do nothing`
}
