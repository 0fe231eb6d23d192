declare module '*.css?inline' {
  const css: string
  export default css
}

/** File name of the fingerprint's chunk, with the hash of its content. Set by the build of the panel. */
declare const FINGERPRINT_FILE: string

/** File name of what the panel fetches later, with the hash of its content. Set by the build of the panel. */
declare const MORE_FILE: string

/** File name of what the client fetches later, with the hash of its content. Set by the build of the panel. */
declare const CLIENT_FILE: string

/** File name of the panel's chunk, with the hash of its content. Set by the build of the loader. */
declare const PANEL_FILE: string
