import { type Read, readTarget, type Target } from '../runtime.ts'

/** A link label (spec 6.3). It may be empty: `[]`. */
const LABEL = /\[((?:[^[\]\\]|\\[^]){0,999})\]/y
const LINE_END = /[ \t]*(?:\n|$)/y

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** A link label at `at`, brackets left off. */
export function readLabel(text: string, at: number): Read<string> | null {
  const label = matchAt(LABEL, text, at)
  return label && { value: label[1]!, end: at + label[0].length }
}

/** Labels match whatever their case and spacing. */
export const normalizeLabel = (label: string): string => label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase()

/** A link reference definition at `at` (spec 4.7). */
export function readDefinition(text: string, at: number): (Read<Target> & { label: string }) | null {
  const label = readLabel(text, at)
  if (!label || text[label.end] !== ':' || !label.value.trim()) return null
  const target = readTarget(text, label.end + 1)
  if (!target || target.titleless === target.start) return null
  const { href } = target.value
  // A title that is followed by more is none; then the destination must end its line.
  const last = matchAt(LINE_END, text, target.end) ? target : { value: { href, title: '' }, end: target.titleless }
  const ending = matchAt(LINE_END, text, last.end)
  return ending && { label: normalizeLabel(label.value), value: last.value, end: last.end + ending[0].length }
}
