/** The part of the reference implementation and of the specification that the tests use; neither brings types. */
declare module 'commonmark' {
  export class Parser {
    parse(text: string): { walker(): { next(): { entering: boolean; node: { type: string } } | null } }
  }
  export class HtmlRenderer {
    render(node: ReturnType<Parser['parse']>): string
  }
}
declare module 'commonmark-spec' {
  export const tests: { markdown: string; html: string; section: string; number: number }[]
}
