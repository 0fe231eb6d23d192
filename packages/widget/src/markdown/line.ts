const TAB = 4

/** What is left of a line while its containers are peeled off. A tab stops at every fourth column (spec 2.2). */
export interface Line {
  readonly rest: string
  /** Columns of leading whitespace, counted up to 20: no container asks for more. */
  readonly indent: number
  /** The rest without leading whitespace: nothing if it is blank. */
  readonly text: string
  /** Passes leading whitespace and a mark of `length`. */
  pass(length: number): void
  /** Passes up to `columns` of whitespace. Of a tab that is cut, the remainder stays, as spaces. */
  skip(columns: number): void
}

export function createLine(rest: string): Line {
  let column = 0
  const advance = (count: number): void => {
    rest = rest.slice(count)
    column += count
  }
  return {
    get rest() {
      return rest
    },
    get indent() {
      let at = column
      for (let i = 0; at < column + 20; i++) {
        if (rest[i] === ' ') at++
        else if (rest[i] === '\t') at += TAB - (at % TAB)
        else break
      }
      return at - column
    },
    get text() {
      return rest.replace(/^[ \t]+/, '')
    },
    pass(length) {
      this.skip(this.indent)
      advance(length)
    },
    skip(columns) {
      for (; columns > 0; columns--) {
        if (rest[0] === '\t') rest = ' '.repeat(TAB - (column % TAB)) + rest.slice(1)
        if (rest[0] !== ' ') return
        advance(1)
      }
    },
  }
}
