import type { CreateRoute } from '../route.ts'

/** The control: the same characters, not read at all. */
export const create: CreateRoute = (root) => {
  const text = document.createTextNode('')
  root.style.whiteSpace = 'pre-wrap'
  root.append(text)
  return { append: (chunk) => text.appendData(chunk), end: () => undefined }
}
