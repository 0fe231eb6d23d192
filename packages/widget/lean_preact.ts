import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { CUTS, PASSED } from './preact_cuts.ts'

const COMMENT = /\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm

/** Finds what a cut takes out. */
const patternOf = (out: string): RegExp =>
  new RegExp(
    out
      .split(/\s*…\s*/)
      .map((text) =>
        text
          .split(/\s+|(?<=[()[\]{},;])|(?=[()[\]{},;])/)
          .filter(Boolean)
          .map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
          .join('\\s*'),
      )
      .join('[^]*?'),
  )

const SOURCES = join(dirname(fileURLToPath(import.meta.resolve('preact'))), '../src')

/** What Preact keeps on its own objects and on elements, under names as short as in its own build. */
const PRIVATE = [
  ...new Set(
    readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => readFileSync(join(SOURCES, file), 'utf8').match(/\b_[a-z]\w*/gi) ?? []),
  ),
].toSorted()

/** Members of components, elements and attributes that Preact is built without. */
const USED = new RegExp(
  '\\b(?:contextType|getChildContext|getDerivedState\\w+|getSnapshotBeforeUpdate|componentDidCatch|' +
    'componentWill(?:Mount|ReceiveProps|Update))\\b|' +
    '<(?:template|math|foreignObject|progress)\\b|<[A-Z][^<>]*\\sref=|' +
    '\\s(?:style|dangerouslySetInnerHTML|popover|download|rowSpan|colSpan|checked|default(?:Value|Checked)|xlink\\w*|is|' +
    'width|height|list|form|on\\w+Capture|className)=[{"]|setState\\((?:\\(|\\{[^}]*\\},)|' +
    `import \\{[^}]*\\b(?:options|hydrate|createContext|createPortal|createRef|cloneElement|Suspense)\\b[^}]*\\} from 'preact`,
)

/**
 * Leaves out of Preact what no component here uses, a third of it, and lets it go on where the page is translated. The
 * build fails where a component uses it after all, or Preact reads otherwise than it did.
 */
export const leanPreact: Plugin = {
  name: 'lean-preact',
  // Before JSX becomes calls.
  enforce: 'pre',
  resolveId: (id) => (id === 'preact' ? join(SOURCES, 'index.js') : null),
  transform: {
    filter: { id: /\/preact\/src\/.*\.js$|\/src\/.*\.tsx?$/ },
    handler(code, id) {
      if (!id.startsWith(SOURCES)) {
        const used = USED.exec(code)
        if (used) throw new Error(`${id} uses what is left out of Preact: ${used[0]}`)
        return null
      }
      const file = id === join(SOURCES, 'index.js') ? '' : basename(id)
      let own = code.replace(COMMENT, '')
      for (const [out, by = ''] of CUTS[file] ?? []) {
        const before = own
        own = own.replace(patternOf(out), () => by)
        if (own === before) throw new Error(`Preact's ${file} has no "${out}" now.`)
      }
      for (const name of PASSED) own = own.replaceAll(new RegExp(`\\b${name},`, 'g'), '')
      own = own.replace(/\b_[a-z]\w*/gi, (name) => `$${PRIVATE.indexOf(name).toString(36)}`)
      return { code: own, map: null }
    },
  },
}
