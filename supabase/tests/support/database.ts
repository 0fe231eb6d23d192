import { randomBytes } from 'node:crypto'
import postgres from 'postgres'

export interface EmptyDatabase {
  url: string
  /** As its owner, who is no superuser, as on a hosted project. */
  sql: postgres.Sql
  drop(): Promise<void>
}

/** A database with what a hosted project has before any migration, beside the one at `dbUrl`. */
export async function createDatabase(dbUrl: string): Promise<EmptyDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = postgres(dbUrl, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0`)
  const url = Object.assign(new URL(dbUrl), { pathname: `/${name}` }).href
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
    create table auth.users (id uuid primary key, email text, is_anonymous boolean not null default false);
    create table auth.sessions (id uuid primary key, user_id uuid, not_after timestamptz);
    create function auth.jwt() returns jsonb language sql stable
      as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
    create function auth.uid() returns uuid language sql stable as $$ select (auth.jwt() ->> 'sub')::uuid $$;
  `)
  return {
    url,
    sql,
    async drop() {
      await sql.end()
      await admin.unsafe(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}
