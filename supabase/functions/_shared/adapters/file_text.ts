import type { ReadItem } from '../domain/model.ts'

type FileItem = Extract<ReadItem, { type: 'file' }>

/** Providers read few files, and each its own; a text any model reads. */
export const isText = ({ mediaType }: FileItem): boolean => mediaType.startsWith('text/')

/** Of what a model is told in a frame: a file may be from anybody, and is to end none of them and to begin none. */
const FRAMES = /<(?=\/?\s{0,20}(file|page_context|conversation_summary)\b)/gi

/** A text that was attached, under its name. */
export function toFileText({ name, data }: FileItem): string {
  const text = new TextDecoder().decode(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)))
  return `<file name="${name.replace(/["<>]/g, '')}">\n${text.replace(FRAMES, '‹')}\n</file>`
}
