/**
 * The page's document, by its own members alone. Any element of the page can take the place of a member of `document`
 * by its name: after `<img name="body">`, which a comment may hold, `document.body` is that image. The linter keeps
 * `document` itself out of this package, and the build keeps it out of what is bundled with it.
 *
 * @see https://html.spec.whatwg.org/multipage/dom.html#dom-document-nameditem
 */
export const pageDocument: Document = new Proxy({} as Document, {
  get: (_, name) => {
    const member: unknown = Reflect.get(Document.prototype, name, window.document)
    return typeof member === 'function' ? member.bind(window.document) : member
  },
})
