import { isBlank } from '@loacl/wire'

const MAX_LENGTH = 255
/** With its dot. */
const EXTENSION = /\.[^.\s]{1,15}$/u
/**
 * Control characters, and those that turn the direction of what follows, as in `exe.gnp`. Joiners stay: Persian and emoji
 * need them.
 */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu

/** A file's name as it is kept: without folders and hidden characters, of at most 255 characters, and never empty. */
export function cleanFileName(name: string): string {
  const visible = name
    .toWellFormed()
    .normalize('NFC')
    .split(/[/\\]/)
    .at(-1)!
    .replace(HIDDEN, '')
    .replace(/\s+/gu, ' ')
    .trim()
  const cleaned = isBlank(visible) || /^\.+$/.test(visible) ? 'file' : visible
  const characters = [...cleaned]
  if (characters.length <= MAX_LENGTH) return cleaned
  const extension = [...(EXTENSION.exec(cleaned)?.[0] ?? '')]
  return [...characters.slice(0, MAX_LENGTH - extension.length), ...extension].join('').trim()
}
