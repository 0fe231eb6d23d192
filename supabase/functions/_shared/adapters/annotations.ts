import type { ModelCitation } from '../domain/model.ts'
import { objectOf, stringOf, type Json } from './json_values.ts'

/**
 * A citation, as an annotation of the Responses API or of Chat Completions: the latter has its members one level deeper,
 * under its type. Other kinds are passed over.
 *
 * OpenAI counts in characters of Unicode, as Python does, and so do Azure and the servers that are written in Python.
 * A file's `index` is where in the text its citation is to stand: `openai` 7 says so in its types, after openai-python's
 * issue 2512. `content` is OpenRouter's word for the passage.
 *
 * @param key the text that it is in
 */
export function toCitations(
  annotation: unknown,
  key: string,
  unit: ModelCitation['unit'] = 'code-point',
): ModelCitation[] {
  const { type, ...members } = objectOf(annotation)
  const of: Json = { ...members, ...objectOf(members[stringOf(type)]) }
  const place = { start: of.start_index ?? of.index ?? null, end: of.end_index ?? of.index ?? null, unit }
  const quote = stringOf(of.quote) || stringOf(of.content) || null
  const file = { fileId: stringOf(of.file_id), name: stringOf(of.filename) }
  switch (type) {
    case 'url_citation': {
      const title = typeof of.title === 'string' ? of.title : null
      return [{ type: 'citation', key, source: { type: 'page', url: stringOf(of.url), title }, ...place, quote }]
    }
    case 'file_citation':
      return [{ type: 'citation', key, source: { type: 'file', ...file }, ...place, quote }]
    case 'container_file_citation':
      return [{ type: 'citation', key, source: { type: 'container-file', ...file }, ...place, quote }]
    default:
      return []
  }
}
