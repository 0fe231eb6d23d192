import { createHash, randomUUID } from 'node:crypto'
import { createToken, type Answer } from '../support/api.ts'
import type { World } from '../support/world.ts'

/** Visitors' files, as the functions ask the database for them. */
export function createFileCalls({ api, sql, asServer, beginTurn }: World) {
  const asVisitor = (token: string) => asServer(token)
  const begin = (assistantId: string, token: string, change: object = {}): Promise<Answer> =>
    api.rpc(
      'begin_upload',
      {
        request: {
          assistantId,
          name: 'me.png',
          type: 'image/png',
          size: 1_000,
          origin: null,
          address: '127.0.0.1',
          claims: null,
          ...change,
        },
      },
      asVisitor(token),
    )
  const complete = (id: string, token: string, change: object = {}): Promise<Answer> =>
    api.rpc(
      'complete_upload',
      {
        upload_id: id,
        claims: null,
        measured: {
          sha256: createHash('sha256').update(id).digest('hex'),
          type: 'image/png',
          size: 1_000,
          width: 3,
          height: 2,
          ...change,
        },
      },
      asVisitor(token),
    )
  return {
    begin,
    complete,
    find: (id: string, token: string) => api.rpc('find_upload', { upload_id: id }, asVisitor(token)),
    locate: (id: string, token: string) => api.rpc('find_file', { file_id: id }, asVisitor(token)),
    remove: (id: string, token: string) => api.rpc('remove_file', { file_id: id }, asVisitor(token)),
    /** A completed file of a visitor, by its id. */
    async add(
      assistantId: string,
      token: string,
      { sha256, ...said }: { sha256?: string; type?: string; size?: number; name?: string } = {},
    ) {
      const begun = await begin(assistantId, token, said)
      if (begun.status !== 200) throw new Error(JSON.stringify(begun.body))
      const { id } = begun.body as { id: string }
      const isPicture = (said.type ?? 'image/png').startsWith('image/')
      const done = await complete(id, token, {
        ...said,
        ...(sha256 ? { sha256 } : {}),
        ...(isPicture ? {} : { width: null, height: null }),
      })
      if (done.status !== 200) throw new Error(JSON.stringify(done.body))
      return id
    },
    /** A visitor's message with files. */
    send: (assistantId: string, token: string, files: readonly string[], change: object = {}): Promise<Answer> =>
      beginTurn(assistantId, token, { id: randomUUID(), text: '', files, ...change }),
    queued: (path: string) => sql<{ due: boolean; again: boolean }[]>`
      select due_at <= now() as due, again_at > now() + interval '2 hours' as again
      from loacl_private.deletion_queue where reference = ${path}`,
    uploadOf: async (id: string) =>
      (
        await sql<
          { storage_path: string; state: string }[]
        >`select storage_path, state from loacl_private.uploads where id = ${id}`
      )[0],
    newVisitor: createToken,
  }
}
