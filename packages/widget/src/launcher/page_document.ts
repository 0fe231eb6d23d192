/** What the launcher reads of `pageDocument`, in fewer bytes: members of the document that no element can take the place of. */
export const documentMember = <K extends keyof Document>(name: K): Document[K] =>
  Reflect.get(Document.prototype, name, window.document) as Document[K]

export const createElement = <K extends keyof HTMLElementTagNameMap>(tag: K): HTMLElementTagNameMap[K] =>
  documentMember('createElement').call(window.document, tag) as HTMLElementTagNameMap[K]
