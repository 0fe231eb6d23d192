import type { PartTable } from './part_table.ts'
/** A document of the owner's that the answer rests on. */
export interface SourceDocumentPart {
  type: 'source-document'
  /** Names the source within its message. */
  sourceId: string
  mediaType: string
  title: string
  filename?: string
}
export declare const SOURCE_DOCUMENT: PartTable<SourceDocumentPart>
