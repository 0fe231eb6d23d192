import type { Visitor } from '../visitor.ts'

/** What the database and Storage hold of the files of a visitor's assistant. */
export interface StoredFiles {
  files: { id: string; messageId: string | null; size: number; shownBy: string[] }[]
  objects: { path: string; sha256: string }[]
  uploads: { id: string; path: string; state: string; size: number }[]
  /** Paths that are to be deleted. */
  queued: string[]
  inBucket: string[]
}

const prefixOf = ({ assistant }: Visitor): string => `uploads/${assistant.id}/`

export async function readFiles(visitor: Visitor): Promise<StoredFiles> {
  const { sql } = visitor.world
  const { id } = visitor.assistant
  const prefix = `${prefixOf(visitor)}%`
  const [row] = await sql<{ state: StoredFiles }[]>`
    select jsonb_build_object(
      'files', coalesce((
        select jsonb_agg(jsonb_build_object('id', f.id, 'messageId', message_id, 'size', size_bytes, 'shownBy', array(
          select m.id from loacl.messages m
          where m.assistant_id = f.assistant_id and f.id = any (loacl_private.list_file_ids(m.parts))
        )))
        from loacl.files f where f.assistant_id = ${id}
      ), '[]'),
      'objects', coalesce((
        select jsonb_agg(jsonb_build_object('path', storage_path, 'sha256', encode(sha256, 'hex')))
        from loacl.file_objects where assistant_id = ${id}
      ), '[]'),
      'uploads', coalesce((
        select jsonb_agg(jsonb_build_object('id', u.id, 'path', storage_path, 'state', state, 'size', size_bytes))
        from loacl_private.uploads u where assistant_id = ${id}
      ), '[]'),
      'queued', coalesce((
        select jsonb_agg(reference) from loacl_private.deletion_queue where reference like ${prefix}
      ), '[]'),
      'inBucket', coalesce((
        select jsonb_agg(name) from storage.objects where bucket_id = 'loacl' and name like ${prefix}
      ), '[]')
    ) as state
  `
  return row!.state
}

/** Links have ended: what was never completed is over, and what was to be deleted again is. */
export async function timePasses(visitor: Visitor): Promise<void> {
  const { sql } = visitor.world
  await sql`
    update loacl_private.uploads set created_at = now() - interval '5 hours', closes_at = now() - interval '2 hours'
    where assistant_id = ${visitor.assistant.id} and state = 'begun'
  `
  await sql`select loacl_private.purge_uploads(1000)`
  await sql`
    update loacl_private.deletion_queue set due_at = now(), again_at = null where reference like ${`${prefixOf(visitor)}%`}
  `
}

export async function readObject({ world: { stack } }: Visitor, path: string): Promise<Uint8Array> {
  const response = await fetch(`${stack.apiUrl}/storage/v1/object/loacl/${path}`, {
    headers: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` },
  })
  return new Uint8Array(await response.arrayBuffer())
}
