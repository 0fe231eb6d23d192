import postgres, { type Sql } from 'postgres'

/** What a test sets on an assistant of its own; all else is as the seeded one has it. */
export interface AssistantChanges {
  name?: string
  greeting?: string
  questions?: string[]
  allowedOrigins?: string[]
  isActive?: boolean
}

/** Prepares assistants in the database, as a site's owner would. */
export class Owner {
  readonly #sql: Sql
  readonly #model: string

  /** `likeAssistant`: whose owner, model and settings new assistants get. */
  constructor(dbUrl: string, likeAssistant: string) {
    this.#sql = postgres(dbUrl, { max: 2, onnotice: () => {} })
    this.#model = likeAssistant
  }

  /** @returns its id. Pages of any origin may use it unless `allowedOrigins` says otherwise. */
  async addAssistant({ questions = [], allowedOrigins = ['*'], ...changes }: AssistantChanges = {}): Promise<string> {
    const sql = this.#sql
    const [row] = await sql<{ id: string }[]>`
      insert into loacl.assistants (owner_id, name, model, instructions, greeting)
      select owner_id, 'Test ' || gen_random_uuid(), model, instructions, greeting
      from loacl.assistants where id = ${this.#model}
      returning id`
    const { id } = row!
    for (const [index, question] of questions.entries())
      await sql`insert into loacl.guided_questions (assistant_id, question, priority) values (${id}, ${question}, ${-index})`
    await this.change(id, { ...changes, allowedOrigins })
    return id
  }

  async change(
    assistant: string,
    { name, greeting, allowedOrigins, isActive }: Omit<AssistantChanges, 'questions'>,
  ): Promise<void> {
    const sql = this.#sql
    const changes = { name, greeting, allowed_origins: allowedOrigins, is_active: isActive }
    const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    if (Object.keys(set).length > 0) await sql`update loacl.assistants set ${sql(set)} where id = ${assistant}`
  }

  async leave(): Promise<void> {
    await this.#sql.end()
  }
}
