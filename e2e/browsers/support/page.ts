/** One window of a browser. Every browser's driver gives the same. */
export interface Page {
  goTo(url: string): Promise<void>
  reload(): Promise<void>
  /** Runs a function in the page, by its source: it sees nothing but its arguments and the page. */
  evaluate<Given extends unknown[], Result>(run: (...given: Given) => Result, ...given: Given): Promise<Awaited<Result>>
  /** Does with keyboard, mouse and wheel what a person would do, as the browser's own input events. */
  perform(sources: readonly InputSource[]): Promise<void>
  /** Makes what is to be seen of a page so large, in CSS pixels. */
  resize(width: number, height: number): Promise<void>
}

/** On what a browser runs. */
export interface Device {
  /** The size of text that is set in the browser, in pixels. */
  textSize?: number
  /** A finger is all that points. WebKit has no way to say so. */
  touch?: boolean
}

/** Somebody who is new to every site: a browser without a past. */
export interface Visitor {
  /** The browser's name and version, as it says them. */
  readonly browser: string
  newPage(): Promise<Page>
  leave(): Promise<void>
}

export interface Browser {
  newVisitor(): Promise<Visitor>
  close(): Promise<void>
}

/** Input as WebDriver and WebDriver BiDi have it. */
export interface InputSource {
  type: 'key' | 'pointer' | 'wheel'
  id: string
  actions: readonly Record<string, unknown>[]
}
