import type postgres from 'postgres'
import type { MatrixCaller } from './matrix_world.ts'

export interface Attempt {
  /** What it is, for the failure's message. */
  name: string
  /** Run as the owner of the database, before. */
  prepare?: string
  /** Gives one value: keys as a JSON array, or anything; one that begins with neither `select` nor `with`, how many rows it touched. */
  statement: string
}

/** `answer` where it went through, or the error. */
export interface Attempted {
  answer?: unknown
  code?: string
  message?: string
}

/**
 * Makes every attempt as one caller, as the Data API does: with the role, the claims and the headers of the request. Each is
 * undone before the next, and all of them in the end: one transaction, one round trip.
 */
export async function attemptAll(
  sql: postgres.Sql,
  caller: MatrixCaller,
  attempts: readonly Attempt[],
  { readOnly = false } = {},
): Promise<Attempted[]> {
  const undo = new Error('undone')
  let attempted: Attempted[] = []
  await sql
    .begin(async (tx) => {
      await tx.unsafe(ATTEMPT)
      if (readOnly) await tx`set transaction read only`
      const [row] = await tx<{ attempted: Attempted[] }[]>`
        select pg_temp.attempt(
          ${caller.role}, ${JSON.stringify(caller.claims)}, ${JSON.stringify({ 'x-loacl-session': caller.token })},
          ${tx.json(attempts as unknown as postgres.JSONValue)}
        ) as attempted
      `
      attempted = row!.attempted
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  return attempted
}

/** Which attempts did not end as expected, in words. */
export function compare(
  attempts: readonly Attempt[],
  attempted: readonly Attempted[],
  expected: readonly ((attempted: Attempted) => boolean)[],
): string[] {
  return attempts.flatMap(({ name }, place) => {
    const result = attempted[place]!
    return expected[place]!(result) ? [] : [`${name}: ${JSON.stringify(result).slice(0, 300)}`]
  })
}

const ATTEMPT = `
  create function pg_temp.attempt(caller text, claims text, headers text, attempts jsonb) returns jsonb language plpgsql as $$
  declare
    attempt jsonb;
    answer jsonb;
    answers jsonb[] := '{}';
    touched bigint;
    code text;
    problem text;
  begin
    for attempt in select jsonb_array_elements(attempts) loop
      answer := null;
      begin
        if attempt ? 'prepare' then
          execute attempt ->> 'prepare';
        end if;
        perform set_config('request.jwt.claims', claims, true), set_config('request.headers', headers, true),
          set_config('role', caller, true);
        if attempt ->> 'statement' ~ '^(select|with)' then
          execute attempt ->> 'statement' into answer;
        else
          execute attempt ->> 'statement';
          get diagnostics touched = row_count;
          answer := to_jsonb(touched);
        end if;
        raise exception using errcode = 'UNDO1';
      exception
        when sqlstate 'UNDO1' then
          answers := answers || jsonb_build_object('answer', answer);
        when others then
          get stacked diagnostics code = returned_sqlstate, problem = message_text;
          answers := answers || jsonb_build_object('code', code, 'message', problem);
      end;
    end loop;
    return to_jsonb(answers);
  end
  $$
`
