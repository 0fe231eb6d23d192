import { type BegunTurn, type World } from '../support/world.ts'

/** What a visitor has uploaded, as it lies in the database, and what is to be deleted elsewhere once it goes. */
export function createUploads({ api, sql, asServer }: World) {
  const sessionOf = async ({ threadId }: BegunTurn): Promise<string> =>
    (await sql<{ session_id: string }[]>`select session_id from loacl.threads where id = ${threadId}`)[0]!.session_id

  /** An upload of this conversation's visitor, with its bytes stored and known to the provider. */
  async function upload(of: BegunTurn): Promise<{ id: string; objectId: string; storagePath: string }> {
    const args = {
      session_id: await sessionOf(of),
      thread_id: of.threadId,
      original_name: 'me.png',
      mime_type: 'image/png',
      size_bytes: 3,
      sha256: crypto.randomUUID().replaceAll('-', '').repeat(2),
    }
    const { status, body } = await api.rpc('add_file', args, asServer())
    if (status !== 200) throw new Error(`add_file: ${JSON.stringify(body)}`)
    await sql`
      update loacl.file_objects set stored_at = now(), provider_file_id = ${`file-${body.objectId}`},
        provider_config_id = (
          select c.id from loacl.threads t
          join loacl.assistants a on a.id = t.assistant_id
          join loacl.provider_configs c on c.owner_id = a.owner_id
          where t.id = ${of.threadId}
        )
      where id = ${body.objectId}
    `
    return body
  }

  const queued = (path: string) => sql<{ kind: string; id: string }[]>`
    select kind, id from loacl_private.deletion_queue where reference = ${path}
  `
  return { sessionOf, upload, queued }
}
