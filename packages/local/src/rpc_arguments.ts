/** What a database says of a function, as far as a call of it is read here. Types as `format_type` spells them. */
export interface FunctionSignature {
  schema: string
  name: string
  arg_names: readonly string[]
  arg_types: readonly string[]
}

/**
 * The arguments of a call as PostgREST takes them, by `json_to_record`: PostgreSQL reads each as text of the type that
 * the function declares. The driver of `@supabase/lite` would decide by the JavaScript type instead: `true` for a text
 * finds no function, `5` for a boolean is false, and `"x"` for a time is a `RangeError`.
 *
 * @see https://docs.postgrest.org/en/v13/references/api/functions.html
 */
export async function readArguments(
  request: Request,
  schema: string,
  functions: readonly FunctionSignature[],
): Promise<Request> {
  const name = /^\/rest\/v1\/rpc\/([^/]+)$/.exec(new URL(request.url).pathname)?.[1]
  const isJson = request.headers.get('content-type')?.startsWith('application/json')
  if (!name || request.method !== 'POST' || !isJson) return request
  const args = parseObject(await request.clone().text())
  if (!args) return request
  const names = Object.keys(args)
  const called = functions.find(
    (known) => known.schema === schema && known.name === name && names.every((arg) => known.arg_names.includes(arg)),
  )
  const read = names.map((arg) => [arg, toText(args[arg], called?.arg_types[called.arg_names.indexOf(arg)] ?? '')])
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  const body = JSON.stringify(Object.fromEntries(read))
  return new Request(request.url, { method: 'POST', headers, body, signal: request.signal })
}

function toText(value: unknown, type: string): unknown {
  if (value === null || (type.endsWith('[]') && Array.isArray(value))) return value
  return typeof value === 'string' && !/^jsonb?$/.test(type) ? value : JSON.stringify(value)
}

/** `null` for what is no JSON object, about which lite says what PostgREST does. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
