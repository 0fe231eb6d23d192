import postgres from 'postgres'

/**
 * Has a database record each renewal of a turn's lease after the visitor's request to stop.
 * @returns a function that counts the renewals of a turn
 */
export async function watchLateRenewals(dbUrl: string): Promise<(turnId: string) => Promise<number>> {
  // Each time on a connection of its own: some tests stop the database.
  async function query(ask: (sql: postgres.Sql) => Promise<readonly postgres.Row[]>) {
    const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
    return ask(sql).finally(() => sql.end())
  }
  await query((sql) =>
    sql.unsafe(`
      create table public.late_renewals (turn_id uuid);
      create function public.record_late_renewal() returns trigger language plpgsql security definer as $$
      begin
        insert into public.late_renewals values (new.id);
        return null;
      end
      $$;
      create trigger record_late_renewal after update of lease_expires_at on loacl_private.turns
        for each row when (new.stop_requested_at is not null) execute function public.record_late_renewal();
    `),
  )
  return async (turnId) =>
    (await query((sql) => sql`select from public.late_renewals where turn_id = ${turnId}`)).length
}
