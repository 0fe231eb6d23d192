/** What the page may have patched since, as it was when the loader ran. */
export type PageGlobals = readonly [fetch: typeof fetch, parse: typeof JSON.parse, stringify: typeof JSON.stringify]

// The build puts these two in the place of every `JSON.parse` and `JSON.stringify` of the panel.
export let parseJson: typeof JSON.parse
export let stringifyJson: typeof JSON.stringify

export function adoptGlobals([, parse, stringify]: PageGlobals): void {
  parseJson = parse
  stringifyJson = stringify
}
