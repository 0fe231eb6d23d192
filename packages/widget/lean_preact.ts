import type { Plugin } from 'vite'

/** Methods of components and fields of their classes. */
const METHODS =
  'contextType|getChildContext|getDerivedStateFromProps|getDerivedStateFromError|componentDidCatch|' +
  'componentWillMount|componentWillReceiveProps|componentWillUpdate'

/** Where Preact's extensions would come in, and a promise that a component may throw. */
const HOOKS = 'debounceRendering|vnode|unmount|event|diffed|then'

/** Elements and attributes with rules of their own. */
const MARKUP =
  'style|dangerouslySetInnerHTML|template|math|foreignObject|progress|popover|download|rowSpan|colSpan|checked'

/** A read of what nobody sets, and a comparison with a name that does not come. */
const READ = (name: string) => new RegExp(`[\\w$.]+\\.${name}\\b(?!=[^=])`, 'g')
const IS = (name: string) => new RegExp(`"${name}"([!=])=\\w+`, 'g')

/** The rest: portals, hydration, comments and documents as places to render into, defaults of fields, names in SVG. */
const REST: [RegExp, string][] = [
  [/\w+\.props\.__P\b|\b\w\.__P(?=&&\()/g, 'void 0'],
  [/(?:32|128)&\w+\.__u/g, '0'],
  [/[89]==\w+\.nodeType/g, '!1'],
  [/"default\w+"in \w+|null!=\w+\.defaultValue/g, '!1'],
  [/\w+\.is\b/g, 'void 0'],
  [/\.replace\(\/xlink.*?\/,"h"\)\.replace\(\/sName\$\/,"s"\)/g, ''],
  // Preact takes the document from the element that it renders into.
  [/[\w$]+\.ownerDocument\s*\|\|\s*document/g, 'document'],
]

/**
 * A page's translator takes a text out and puts a `font` element in its place, which `noteTranslations` keeps as the text's
 * `font`. Preact goes on with the text: where that is to change, it comes back; where it is to go, the element goes too;
 * and while it is out, the element is its place.
 */
const TRANSLATED: [RegExp, string][] = [
  [/(\w+)&&\1\.parentNode&&\1\.remove\(\)/, '$1&&($1.remove(),$1.font&&$1.font.remove())'],
  [/(\w+)\.data=(\w+)(?=\))/, '($1.font&&$1.font.replaceWith($1),$1.data=$2)'],
  [/(\w+)&&!\1\.parentNode&&\(\1=\w+\(\w+\)\)&&!\1\.parentNode&&\(\1=null\)/, '$1&&!$1.parentNode&&($1=$1.font)'],
]

const USED = new RegExp(
  `\\b(?:${METHODS})\\b|[<\\s](?:${MARKUP}|default(?:Value|Checked)|xlink\\w*|is)(?:=[{"]|\\s*/?>)|` +
    `import \\{[^}]*\\b(?:options|hydrate|createContext|createPortal|Suspense)\\b[^}]*\\} from 'preact`,
)

/**
 * Leaves out of Preact what no component here uses, a quarter of it: what can't be is written as such, and the minifier
 * does the rest. And lets it go on where the page is translated. The build fails where a component uses it after all, or
 * Preact reads otherwise than it did.
 */
export const leanPreact: Plugin = {
  name: 'lean-preact',
  // Before JSX becomes calls.
  enforce: 'pre',
  transform: {
    filter: { id: /\/preact\/dist\/preact\.m?js$|\/src\/.*\.tsx?$/ },
    handler(code, id) {
      if (!id.includes('/preact/dist/')) {
        const used = USED.exec(code)
        if (used) throw new Error(`${id} uses what is left out of Preact: ${used[0]}`)
        return null
      }
      let own = code
      const replace = (pattern: RegExp, by: string | ((match: string, inner: string) => string)) => {
        const before = own
        own = own.replace(pattern, by as string)
        if (own === before) throw new Error(`Preact has no ${pattern} now.`)
      }
      for (const name of `${METHODS}|${HOOKS}`.split('|')) replace(READ(name), () => 'void 0')
      for (const name of MARKUP.split('|')) replace(IS(name), (_, not) => (not === '!' ? '!0' : '!1'))
      for (const [pattern, by] of REST) replace(pattern, () => by)
      for (const [pattern, by] of TRANSLATED) replace(pattern, by)
      if (own.includes('ownerDocument')) throw new Error('Preact reads the document in another way now.')
      return { code: own, map: null }
    },
  },
}
