/** One way to show a Markdown text that comes in pieces. */
interface Route {
  append(chunk: string): void
  end(): void
}
export type CreateRoute = (root: HTMLElement) => Route
