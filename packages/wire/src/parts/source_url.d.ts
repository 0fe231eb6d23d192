import type { PartTable } from './part_table.ts'
/** A web page that the answer rests on. It is the same on the stream and in the message. */
export interface SourceUrlPart {
  type: 'source-url'
  /** Names the source within its message. */
  sourceId: string
  url: string
  title?: string
}
export declare const SOURCE_URL: PartTable<SourceUrlPart>
