import type { WireFormat } from '@loacl/wire'
import postgres, { type Sql } from 'postgres'

/** What a test sets on an assistant of its own; all else is as the seeded one has it. */
export interface AssistantChanges {
  name?: string
  greeting?: string | null
  questions?: string[]
  allowedOrigins?: string[]
  isActive?: boolean
  fingerprint?: boolean
  showReasoning?: boolean
  pageContext?: boolean
  imageHosts?: string[]
  fileTypes?: string[]
  maxFileBytes?: number
  maxFilesPerMessage?: number
  filesPerHour?: number
  fileBytesPerDay?: number
  moderatesInput?: boolean
  moderatesOutput?: boolean
  contextTokenBudget?: number
  contextStrategy?: 'truncation' | 'summarization' | 'compression'
  /** Of one visitor; `null` allows all. */
  messagesPerMinute?: number | null
  /** Of all visitors; `null` allows any number. */
  tokensPerDay?: number | null
  /** How its model is asked. */
  wireFormat?: WireFormat
  /** While it is set, nothing is answered. */
  pausedAt?: Date | null
}

/** A tool that asks its visitor, unless its owner says otherwise. */
export interface NewTool {
  name: string
  /** Of a tool of the owner's server; without one it is the page's. */
  endpoint?: string
  words?: Readonly<Record<string, { title: string; sentence: string }>>
  visitorSees?: 'title' | 'arguments' | 'result'
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

  async addTool(assistant: string, { name, endpoint, words = {}, visitorSees = 'title' }: NewTool): Promise<void> {
    const sql = this.#sql
    const tool = {
      assistant_id: assistant,
      name,
      kind: endpoint ? 'server' : 'page',
      description: name,
      parameters: sql.json({ type: 'object' }),
      words: sql.json(words),
      visitor_sees: visitorSees,
      ...(endpoint && { endpoint }),
    }
    await sql`insert into loacl.assistant_tools ${sql(tool)}`
  }

  async change(
    assistant: string,
    {
      allowedOrigins,
      contextStrategy,
      contextTokenBudget,
      fileBytesPerDay,
      filesPerHour,
      fileTypes,
      imageHosts,
      isActive,
      maxFileBytes,
      maxFilesPerMessage,
      messagesPerMinute,
      moderatesInput,
      moderatesOutput,
      pageContext,
      pausedAt,
      showReasoning,
      tokensPerDay,
      wireFormat,
      ...same
    }: Omit<AssistantChanges, 'questions'>,
  ): Promise<void> {
    const sql = this.#sql
    const changes = {
      ...same,
      allowed_origins: allowedOrigins,
      context_strategy: contextStrategy,
      context_token_budget: contextTokenBudget,
      image_hosts: imageHosts,
      file_types: fileTypes,
      max_file_bytes: maxFileBytes,
      max_files_per_message: maxFilesPerMessage,
      files_per_hour: filesPerHour,
      file_bytes_per_day: fileBytesPerDay,
      is_active: isActive,
      page_context: pageContext,
      messages_per_minute: messagesPerMinute,
      paused_at: pausedAt,
      tokens_per_day: tokensPerDay,
      show_reasoning: showReasoning,
      moderates_input: moderatesInput,
      moderates_output: moderatesOutput,
    }
    const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    if (Object.keys(set).length > 0) await sql`update loacl.assistants set ${sql(set)} where id = ${assistant}`
    if (wireFormat)
      await sql`
        update loacl.assistants a set provider_config_id = p.id
        from loacl.provider_configs p
        where a.id = ${assistant} and p.owner_id = a.owner_id and p.provider = ${wireFormat}`
  }

  /** What the conversation in which `text` was said was told without, oldest first. */
  async readOptimizations(text: string): Promise<{ type: string; reason: string; summary: string | null }[]> {
    return await this.#sql<{ type: string; reason: string; summary: string | null }[]>`
      select optimization_type as type, trigger_reason as reason, summary
      from loacl.context_optimizations
      where thread_id = (select thread_id from loacl.messages where content = ${text})
      order by created_at`
  }

  /** Ends the session in which `text` was said. */
  async expireSessionOf(text: string): Promise<void> {
    await this.#sql`
      update loacl.sessions set expires_at = now() - interval '1 second'
      where id = (select session_id from loacl.messages where content = ${text})`
  }

  /** All that is kept of the answer to `text`: its message, what belongs to it, and its stream. */
  async readAnswerTo(text: string): Promise<string> {
    const rows = await this.#sql`
      select to_jsonb(a)::text as message, to_jsonb(i)::text as internals,
        (
          select jsonb_agg(c.parts)::text
          from loacl_private.turn_chunks c join loacl_private.turns t on t.id = c.turn_id
          where t.message_id = a.id
        ) as stream,
        (
          select jsonb_agg(s)::text
          from loacl_private.turn_steps s join loacl_private.turns t on t.id = s.turn_id
          where t.message_id = a.id
        ) as steps
      from loacl.messages q
      join loacl.messages a on a.parent_id = q.id
      left join loacl_private.message_internals i on i.message_id = a.id
      where q.content = ${text}`
    return JSON.stringify(rows)
  }

  /** How each call of a tool stands that was made for `text`, oldest first. */
  async readCalls(text: string): Promise<{ status: string; result: unknown }[]> {
    return [
      ...(await this.#sql<{ status: string; result: unknown }[]>`
        select e.status, e.result
        from loacl.messages q join loacl.messages a on a.parent_id = q.id
          join loacl.tool_executions e on e.message_id = a.id
        where q.content = ${text} order by e.created_at`),
    ]
  }

  /** How each answer to `text` stands. */
  async readStatusOfAnswerTo(text: string): Promise<string[]> {
    const rows = await this.#sql<{ status: string }[]>`
      select a.status from loacl.messages q join loacl.messages a on a.parent_id = q.id where q.content = ${text}`
    return rows.map(({ status }) => status)
  }

  /** Puts a part in front of the answer to `text`, as a newer version might have stored it. */
  async addPart(text: string, part: Record<string, string>): Promise<void> {
    const sql = this.#sql
    await sql`
      update loacl.messages set parts = ${sql.json([part])} || parts
      where parent_id = (select id from loacl.messages where content = ${text})`
  }

  /** Goes on with the thread in which `text` was said, by so many messages: "line 1", "line 2" and so on. */
  async addLines(text: string, count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => crypto.randomUUID())
    await this.#sql`
      with thread as (
        select m.thread_id, m.session_id, m.assistant_id,
          (select l.id from loacl.messages l where l.thread_id = m.thread_id order by l.seq desc limit 1) as last
        from loacl.messages m where m.content = ${text}
      )
      insert into loacl.messages (id, thread_id, session_id, assistant_id, parent_id, role, content, parts)
      select line.id, thread_id, session_id, assistant_id, lag(line.id, 1, last) over (order by n),
        case when n % 2 = 1 then 'user' else 'assistant' end,
        'line ' || n, jsonb_build_array(jsonb_build_object('type', 'text', 'text', 'line ' || n))
      from thread, unnest(${ids}::uuid[]) with ordinality as line (id, n)
      order by n`
  }

  /** Deletes what visitors have attached here. Their messages keep the names. */
  async deleteFilesOf(assistant: string): Promise<void> {
    await this.#sql`delete from loacl.files where assistant_id = ${assistant}`
  }

  async leave(): Promise<void> {
    await this.#sql.end()
  }
}
