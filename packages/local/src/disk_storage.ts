import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { App } from './lite.ts'

type StorageAdapter = NonNullable<App['_storageAdapter']>
type ObjectMetadata = Awaited<ReturnType<StorageAdapter['headObject']>>

/** Kept beside each file. */
interface Label {
  mimetype: string
  cacheControl: string
  eTag: string
}

const hash = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const labelOf = (path: string): string => `${path}.json`

const describe = async (path: string): Promise<ObjectMetadata> => {
  const [label, file] = await Promise.all([readFile(labelOf(path), 'utf8'), stat(path)])
  return {
    ...(JSON.parse(label) as Label),
    size: file.size,
    contentLength: file.size,
    lastModified: file.mtime,
    httpStatusCode: 200,
  }
}

/** Storage's files, under `root`. A file's name is a hash of its key, for visitors choose keys and must not choose paths. */
export function createDiskStorage(root: string): StorageAdapter {
  const pathOf = (bucket: string, key: string): string => join(root, hash(bucket).slice(0, 16), hash(key))

  const remove = async (bucket: string, key: string): Promise<void> => {
    const path = pathOf(bucket, key)
    await Promise.all([rm(path, { force: true }), rm(labelOf(path), { force: true })])
  }

  return {
    driver: null,
    async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
      const bytes =
        body instanceof Uint8Array
          ? body
          : new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
      const path = pathOf(bucket, key)
      await mkdir(dirname(path), { recursive: true })
      const label: Label = { mimetype, cacheControl, eTag: `"${hash(bytes).slice(0, 32)}"` }
      await writeFile(path, bytes)
      await writeFile(labelOf(path), JSON.stringify(label))
      return describe(path)
    },
    async getObject(bucket, key) {
      const path = pathOf(bucket, key)
      const [metadata, body] = await Promise.all([describe(path), readFile(path)])
      return { metadata, httpStatusCode: 200, body }
    },
    headObject: (bucket, key) => describe(pathOf(bucket, key)),
    deleteObject: (bucket, key) => remove(bucket, key),
    async deleteObjects(bucket, keys) {
      await Promise.all(keys.map((key) => remove(bucket, key)))
    },
    async copyObject(fromBucket, fromKey, _version, toBucket, toKey) {
      const from = pathOf(fromBucket, fromKey)
      const to = pathOf(toBucket, toKey)
      await mkdir(dirname(to), { recursive: true })
      await copyFile(from, to)
      await copyFile(labelOf(from), labelOf(to))
      const { eTag, lastModified } = await describe(to)
      return { httpStatusCode: 200, eTag, ...(lastModified ? { lastModified } : {}) }
    },
    privateAssetUrl: (bucket, key) => Promise.resolve(`file://${pathOf(bucket, key)}`),
  }
}
