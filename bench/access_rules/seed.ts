import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'

export interface SeedSize {
  sessions: number
  threads: number
  messages: number
}

/** A busy site after a year. */
export const BUSY_SITE: SeedSize = { sessions: 50_000, threads: 100_000, messages: 1_000_000 }

/** As the superuser of a local stack, whom a hosted project keeps to itself. One connection: what is set stays set. */
export function connectAsSuperuser(dbUrl: string, onNotice: (message: string) => void = () => {}): postgres.Sql {
  const url = new URL(dbUrl)
  url.username = 'supabase_admin'
  return postgres(url.href, { max: 1, onnotice: ({ message }) => onNotice(message ?? '') })
}

/** Fills the database of a throw-away stack with conversations, then has it count them. */
export async function seedConversations(sql: postgres.Sql, { sessions, threads, messages }: SeedSize): Promise<void> {
  const seed = readFileSync(fileURLToPath(new URL('./seed.sql', import.meta.url)), 'utf8')
  await sql.unsafe(`
    begin;
    set local seed.sessions = ${sessions};
    set local seed.threads = ${threads};
    set local seed.messages = ${messages};
    ${seed}
    commit;
    analyze;
  `)
}
