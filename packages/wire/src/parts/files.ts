/**
 * A file that came with a visitor's message, and stands before its text. No answer has one, so none is ever streamed: it
 * comes with the whole message.
 */
export interface FilePart {
  type: 'file'
  /** IANA media type, as the server found it. */
  mediaType: string
  /** Its name on the visitor's device. */
  filename?: string
  /** `loacl-file:<id>`: nothing to load. `POST /files/<id>/link` gives an address, for a minute. */
  url: string
}
