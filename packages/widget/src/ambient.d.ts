declare module '*.css?inline' {
  const css: string
  export default css
}

/** In the names of all files that the panel fetches later: the hash of their content. Set by the build of the panel. */
declare const LATER_VERSION: string

/** BCP 47 tags of the languages that ship, beside English. Set by the build of the panel. */
declare const LANGUAGES: readonly string[]

/** File name of the panel's chunk, with the hash of its content. Set by the build of the loader. */
declare const PANEL_FILE: string

/** What features may use of the panel, as the build makes it of `runtime.ts`. */
declare module 'virtual:runtime' {
  export * as runtime from './features/runtime.ts'
}

/** What the client's later part has of the panel, as the build makes it. */
declare module 'virtual:client-runtime' {
  export const clientRuntime: object
}
