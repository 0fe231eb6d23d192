/** A text, and what stands in its place where a translator has taken it out. Preact as it is built here reads it. */
type Translated = ChildNode & { font?: ChildNode }

/** Finds the texts that a page's translator has replaced. */
export function noteTranslations(records: readonly MutationRecord[]): void {
  for (const { addedNodes, removedNodes, previousSibling } of records) {
    const text = removedNodes[0] as Translated | undefined
    const font = (addedNodes[0] ?? previousSibling) as ChildNode | null
    if (text && font?.nodeName === 'FONT') text.font = font
  }
}
