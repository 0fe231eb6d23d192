import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { minify } from 'terser'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const OUT = path('dist')
const LOADER = 'loacl.js'

type RolldownOptions = NonNullable<NonNullable<UserConfig['build']>['rolldownOptions']>

/** Terser, after Vite's own minifier, saves another hundredth of what visitors fetch. */
const pressed: Plugin = {
  name: 'pressed',
  async writeBundle(_, bundle) {
    for (const { type, fileName } of Object.values(bundle)) {
      if (type !== 'chunk') continue
      const isLoader = fileName === LOADER
      const file = join(OUT, fileName)
      const map = `${file}.map`
      const output = await minify(readFileSync(file, 'utf8'), {
        ecma: 2020,
        module: !isLoader,
        // Safe here: nothing is called by `new` but classes and functions that are declared.
        compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true },
        // A classic script is read in its page's encoding, which need not be UTF-8.
        format: { ascii_only: isLoader },
        sourceMap: { content: readFileSync(map, 'utf8'), url: `${fileName}.map` },
      })
      writeFileSync(file, output.code!)
      writeFileSync(map, String(output.map))
    }
  },
}

/** What is bundled with our own code reads the page's document as that does. */
const DOCUMENT = { document: [path('src/page_document.ts'), 'pageDocument'] as [string, string] }

/** Preact takes the document from the element that it renders into. */
const ownDocument: Plugin = {
  name: 'own-document',
  transform: {
    filter: { id: /\/preact\/dist\/preact\.m?js$/ },
    handler(code) {
      const own = code.replaceAll(/[\w$]+\.ownerDocument\s*\|\|\s*document/g, 'document')
      if (own === code || own.includes('ownerDocument'))
        throw new Error('Preact reads the document in another way now.')
      return { code: own, map: null }
    },
  },
}

const build = ({ transform, ...options }: RolldownOptions, rest: UserConfig = {}): UserConfig => ({
  ...rest,
  plugins: [ownDocument, pressed],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: ['chrome111', 'firefox115', 'safari17'],
    outDir: OUT,
    sourcemap: true,
    minify: true,
    emptyOutDir: false,
    rolldownOptions: {
      preserveEntrySignatures: 'strict',
      ...options,
      transform: { inject: { ...DOCUMENT, ...transform?.inject } },
    },
    ...rest.build,
  },
})

/** The name, with its hash, of a file that was built before. */
function builtFile(name: string): string {
  const file = readdirSync(OUT).find((other) => other.startsWith(name) && /^-.{8}\.js$/.test(other.slice(name.length)))
  if (!file) throw new Error(`Build the ${name} first: another file names it.`)
  return JSON.stringify(file)
}

/** What the panel fetches for an assistant that asks for it. */
function fingerprint(): UserConfig {
  return build(
    {
      input: path('src/fingerprint.ts'),
      output: { format: 'es', entryFileNames: 'fingerprint-[hash].js' },
    },
    { build: { emptyOutDir: true, license: { fileName: 'licenses-fingerprint.md' } } },
  )
}

/** What @loacl/core fetches when it is first used. It has copies of the little that it shares with the panel. */
function client(): UserConfig {
  return build(
    {
      input: path('../core/src/on_demand.ts'),
      output: { format: 'es', entryFileNames: 'panel-client-[hash].js' },
    },
    { resolve: { alias: [{ find: './supabase_fetch.ts', replacement: path('src/panel/no_supabase_client.ts') }] } },
  )
}

/** What the panel lends to `more`: `shared` in its entry. */
const SHARED = [
  '@preact/signals-core',
  'preact',
  path('src/markdown/index.ts'),
  path('src/model_error.ts'),
  path('src/strings.ts'),
  path('src/panel/alert.tsx'),
  path('src/panel/reactive.ts'),
]

/**
 * What the panel fetches when it is first wanted. The file makes a function of it, to which the panel hands what they
 * share. An import would load a second panel where the first has come from another address, at a second attempt.
 */
function more(): UserConfig {
  return build({
    input: path('src/panel/more/index.ts'),
    external: SHARED,
    output: {
      format: 'iife',
      name: 'more',
      globals: () => 'shared',
      postBanner: 'export default (shared) => {',
      postFooter: 'return more }',
      entryFileNames: 'panel-more-[hash].js',
    },
  })
}

/** What the script tag fetches on intent. It takes the functions that a page may patch from the loader. */
function panel(): UserConfig {
  const world = path('src/panel/world.ts')
  return build(
    {
      input: path('src/panel/entry.ts'),
      output: { format: 'es', entryFileNames: 'panel-[hash].js' },
      transform: { inject: { 'JSON.parse': [world, 'parseJson'], 'JSON.stringify': [world, 'stringifyJson'] } },
    },
    {
      resolve: { alias: [{ find: './fetch_on_demand.ts', replacement: path('src/panel/fetch_client.ts') }] },
      define: {
        CLIENT_FILE: builtFile('panel-client'),
        MORE_FILE: builtFile('panel-more'),
        FINGERPRINT_FILE: builtFile('fingerprint'),
      },
      build: { license: { fileName: 'licenses-panel.md' } },
    },
  )
}

/** What a site owner pastes. It knows its panel by name, so that no cache can mix two versions. */
function loader(): UserConfig {
  return build(
    { input: path('src/launcher/loader.ts'), output: { format: 'iife', entryFileNames: LOADER } },
    { define: { PANEL_FILE: builtFile('panel') } },
  )
}

/** What a developer imports: the panel apart, and @loacl/core theirs. */
function npm(): UserConfig {
  return build({
    input: path('src/index.ts'),
    external: ['@loacl/core'],
    output: { format: 'es', entryFileNames: 'index.js', chunkFileNames: 'chunks/[name]-[hash].js' },
  })
}

const MODES: Readonly<Record<string, () => UserConfig>> = {
  fingerprint,
  client,
  more,
  panel,
  loader,
  npm,
}

export default defineConfig(({ mode }) => (MODES[mode] ?? npm)())
