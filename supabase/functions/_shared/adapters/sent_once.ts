/**
 * The body of a request that may have an effect. A text is sent again by Deno's `fetch`, whatever the method, where a connection
 * that was used before closes without an answer; a stream, which is read once, is not.
 */
export function sentOnce(text: string): { body: ReadableStream<Uint8Array<ArrayBuffer>>; duplex: 'half' } {
  return { body: new Blob([text]).stream(), duplex: 'half' }
}
