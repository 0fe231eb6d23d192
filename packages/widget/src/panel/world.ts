/** What the page may have patched since, as it was when the loader ran. */
export interface World {
  fetch: typeof fetch
  parse: typeof JSON.parse
  stringify: typeof JSON.stringify
}

// The build puts these two in the place of every `JSON.parse` and `JSON.stringify` of the panel.
export let parseJson: World['parse']
export let stringifyJson: World['stringify']

export function adoptWorld({ parse, stringify }: World): void {
  parseJson = parse
  stringifyJson = stringify
}
