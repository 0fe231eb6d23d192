import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** What @loacl/core's later part has of the panel, in the script tag's build, instead of copies. By their files. */
const CLIENT_SHARES = new Map(
  Object.entries({
    '../core/src/abort.ts': 'abortError, untilAborted',
    '../core/src/errors.ts': 'hasCode, LoaclError',
    '../core/src/random.ts': 'randomId, randomToken',
    '../core/src/retry.ts': 'backOff, isTransient, withRetries',
    '../core/src/timeout.ts': 'withTimeout',
    'src/page_document.ts': 'pageDocument',
    'src/panel/fetch_file.ts': 'fetchFile',
  }).map(([file, names]) => [path(file), names]),
)

/** All of it as a plain object, for the panel. */
export const clientRuntime: Plugin = {
  name: 'client-runtime',
  resolveId: (id) => (id === 'virtual:client-runtime' ? id : null),
  load(id) {
    if (id !== 'virtual:client-runtime') return null
    const imports = [...CLIENT_SHARES].map(([file, names]) => `import { ${names} } from ${JSON.stringify(file)}`)
    return `${imports.join('\n')}\nexport const clientRuntime = { ${[...CLIENT_SHARES.values()].join()} }`
  },
}

/** In the later part, and in what that fetches: both are called with it. */
export const fromClientRuntime: Plugin = {
  name: 'from-client-runtime',
  resolveId: (id) => (id === 'virtual:client-runtime' ? id : null),
  load(id) {
    if (id === 'virtual:client-runtime') return 'export const clientRuntime = runtime'
    const names = CLIENT_SHARES.get(id)
    return names ? `export const { ${names} } = runtime` : null
  },
}
