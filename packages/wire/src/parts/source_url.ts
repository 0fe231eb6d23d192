import type { PartTable } from './part_table.ts'
import { foldSource } from './sources.ts'

/** A web page that the answer rests on. It is the same on the stream and in the message. */
export interface SourceUrlPart {
  type: 'source-url'
  /** Names the source within its message. */
  sourceId: string
  url: string
  title?: string
}

export const SOURCE_URL: PartTable<SourceUrlPart> = {
  'source-url': [{ sourceId: 'string', url: 'string', title: 'string?' }, foldSource],
}
