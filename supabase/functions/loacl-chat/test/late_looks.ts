import postgres from 'postgres'

/**
 * Has a database note each look that a worker takes at its turn after the visitor's wish to stop.
 * @returns counts those of a turn
 */
export async function watchLateLooks(dbUrl: string): Promise<(turnId: string) => Promise<number>> {
  // Each time on a connection of its own: some tests stop the database.
  async function query(ask: (sql: postgres.Sql) => Promise<readonly postgres.Row[]>) {
    const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
    return ask(sql).finally(() => sql.end())
  }
  await query((sql) =>
    sql.unsafe(`
      create table public.late_looks (turn_id uuid);
      create function public.note_late_look() returns trigger language plpgsql security definer as $$
      begin
        insert into public.late_looks values (new.id);
        return null;
      end
      $$;
      create trigger note_late_look after update of lease_expires_at on loacl_private.turns
        for each row when (new.stop_requested_at is not null) execute function public.note_late_look();
    `),
  )
  return async (turnId) => (await query((sql) => sql`select from public.late_looks where turn_id = ${turnId}`)).length
}
