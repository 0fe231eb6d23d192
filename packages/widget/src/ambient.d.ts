declare module '*.css?inline' {
  const css: string
  export default css
}

/** Names of the features' files, by feature, with the hash of their content. Set by the build of the panel. */
declare const FEATURE_FILES: Readonly<Record<string, string>>

/** Names of the languages' files, by language, with the hash of their content. Set by the build of the panel. */
declare const LANGUAGE_FILES: Readonly<Record<string, string>>

/** File name of what the client fetches later, with the hash of its content. Set by the build of the panel. */
declare const CLIENT_FILE: string

/** File name of the panel's chunk, with the hash of its content. Set by the build of the loader. */
declare const PANEL_FILE: string

/** What features may use of the panel, as the build makes it of `runtime.ts`. */
declare module 'virtual:runtime' {
  export * as runtime from './features/runtime.ts'
}
