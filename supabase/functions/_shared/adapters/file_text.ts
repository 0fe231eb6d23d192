import type { ReadItem } from '../domain/model.ts'

type FileItem = Extract<ReadItem, { type: 'file' }>

/** Providers read few files, and each its own; a text any model reads. */
export const isText = ({ mediaType }: FileItem): boolean => mediaType.startsWith('text/')

/** A text that was attached, under its name. */
export function toFileText({ name, data }: FileItem): string {
  const text = new TextDecoder().decode(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)))
  return `<file name="${name.replace(/["<>]/g, '')}">\n${text}\n</file>`
}
