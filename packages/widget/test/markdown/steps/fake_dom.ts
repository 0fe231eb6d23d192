/** The part of a document that Preact writes to. Each of its steps takes the same time, however many nodes there are. */
export class FakeNode {
  parentNode: FakeNode | null = null
  previousSibling: FakeNode | null = null
  nextSibling: FakeNode | null = null
  firstChild: FakeNode | null = null
  lastChild: FakeNode | null = null
  readonly namespaceURI = 'http://www.w3.org/1999/xhtml'
  readonly attributes: Record<string, unknown> = {}
  readonly localName: string
  /** Of a text node. */
  data: string

  constructor(localName: string, data = '') {
    this.localName = localName
    this.data = data
  }

  get nodeType(): number {
    return this.localName ? 1 : 3
  }

  insertBefore(node: FakeNode, next: FakeNode | null): void {
    node.remove()
    node.parentNode = this
    node.nextSibling = next
    node.previousSibling = next ? next.previousSibling : this.lastChild
    if (node.previousSibling) node.previousSibling.nextSibling = node
    else this.firstChild = node
    if (next) next.previousSibling = node
    else this.lastChild = node
  }

  remove(): void {
    const { parentNode, previousSibling, nextSibling } = this
    if (!parentNode) return
    if (previousSibling) previousSibling.nextSibling = nextSibling
    else parentNode.firstChild = nextSibling
    if (nextSibling) nextSibling.previousSibling = previousSibling
    else parentNode.lastChild = previousSibling
    this.parentNode = this.previousSibling = this.nextSibling = null
  }

  removeChild(node: FakeNode): void {
    node.remove()
  }

  setAttribute(name: string, value: unknown): void {
    this.attributes[name] = value
  }

  removeAttribute(name: string): void {
    delete this.attributes[name]
  }

  addEventListener(): void {}
  removeEventListener(): void {}

  get textContent(): string {
    let text = this.data
    for (let child = this.firstChild; child; child = child.nextSibling) text += child.textContent
    return text
  }
}

export const fakeDocument = {
  createElement: (name: string) => new FakeNode(name),
  createElementNS: (_: string, name: string) => new FakeNode(name),
  createTextNode: (data: string) => new FakeNode('', data),
}
