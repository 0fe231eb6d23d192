/** A file that a model was told with what the visitor says. */
export interface FileSaid {
  /** `null` for a picture: no provider is told its name. */
  name: string | null
  /** IANA media type. */
  type: string
  /** Bytes. */
  size: number
}

/** A part of a message, as the Responses API or Chat Completions has it. */
export interface SaidPart {
  text?: string
  image_url?: string | { url: string }
  filename?: string
  file_data?: string
  file?: { filename?: string; file_data?: string }
}

interface SaidMessage {
  role?: string
  content?: string | readonly SaidPart[] | null
}

const TEXT_FILE = /^<file name="([^"]*)">\n([^]*)\n<\/file>$/

/** The files that were told since the model's last answer. */
export function readFiles(items: readonly SaidMessage[]): FileSaid[] {
  const asked = items.slice(items.findLastIndex(({ role }) => role === 'assistant') + 1)
  return asked.flatMap(({ role, content }) => {
    if (role !== 'user' || !content) return []
    if (typeof content !== 'string') return content.flatMap(readPart)
    const [, name = '', text = ''] = TEXT_FILE.exec(content) ?? []
    return name ? [{ name, type: 'text/plain', size: Buffer.byteLength(text) }] : []
  })
}

function readPart(part: SaidPart): FileSaid[] {
  const { image_url: image, filename = null, file_data: data } = { ...part, ...part.file }
  const url = data ?? (typeof image === 'string' ? image : image?.url)
  const [, type, bytes] = /^data:([^;]+);base64,(.*)$/s.exec(url ?? '') ?? []
  return type && bytes !== undefined ? [{ name: filename, type, size: Buffer.byteLength(bytes, 'base64') }] : []
}
