const TAB = 4

/** What is left of a line while its containers are peeled off. A tab stops at every fourth column (spec 2.2). */
export class Line {
  rest: string
  #column = 0

  constructor(text: string) {
    this.rest = text
  }

  get blank(): boolean {
    return !/[^ \t]/.test(this.rest)
  }

  /** Columns of leading whitespace, counted up to 20: no container asks for more. */
  get indent(): number {
    let column = this.#column
    for (let i = 0; column < this.#column + 20; i++) {
      if (this.rest[i] === ' ') column++
      else if (this.rest[i] === '\t') column += TAB - (column % TAB)
      else break
    }
    return column - this.#column
  }

  /** The rest without leading whitespace. */
  get text(): string {
    return this.rest.replace(/^[ \t]+/, '')
  }

  /** Passes `count` characters that are not tabs. */
  advance(count: number): void {
    this.rest = this.rest.slice(count)
    this.#column += count
  }

  /** Passes up to `columns` of whitespace. Of a tab that is cut, the remainder stays, as spaces. */
  skip(columns: number): void {
    for (; columns > 0; columns--) {
      if (this.rest[0] === '\t') this.rest = ' '.repeat(TAB - (this.#column % TAB)) + this.rest.slice(1)
      if (this.rest[0] !== ' ') return
      this.advance(1)
    }
  }
}
