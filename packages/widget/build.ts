// Builds `dist`: the script tag's files, each of which knows those that it fetches by name, and the npm package.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { minify } from 'terser'
import { build, type InlineConfig, type Plugin } from 'vite'
import { clientRuntime, fromClientRuntime } from './client_runtime.ts'
import { leanPreact } from './lean_preact.ts'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const OUT = path('dist')
const LOADER = 'loacl.js'
/** Stands for the hash in the name of a file that is not named yet, and in the file that fetches it. */
const UNNAMED = 'UNNAMED_'
const PANEL = `panel-${UNNAMED}.js`

/** The panel fetches the client's later part by an address of its own. */
const CLIENT_OF_PANEL = { find: './fetch_on_demand.ts', replacement: path('src/panel/fetch_client.ts') }

type RolldownOptions = NonNullable<NonNullable<InlineConfig['build']>['rolldownOptions']>

/** Terser, after Vite's own minifier, saves another hundredth of what visitors fetch. */
const terserPlugin: Plugin = {
  name: 'terser',
  async writeBundle(_, bundle) {
    for (const { type, fileName } of Object.values(bundle)) {
      if (type !== 'chunk') continue
      const isLoader = fileName === LOADER
      const isTagFile = isLoader || fileName.startsWith('panel-')
      const file = join(OUT, fileName)
      const map = `${file}.map`
      const minifyAgain = (code: string, source: string, compress: object) =>
        minify(code, {
          ecma: 2020,
          module: !isLoader,
          // Safe here: nothing is called by `new` but classes and functions that are declared, and no built-in is changed.
          compress: { unsafe: true, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, ...compress },
          format: {
            // A classic script is read in its page's encoding, which need not be UTF-8.
            ascii_only: isLoader,
          },
          // A map's address would cost every visitor more than the comment is worth to a developer, who can add it by
          // hand in a debugger. A bundler finds that of the npm package.
          sourceMap: { content: source, ...(!isTagFile && { url: `${basename(file)}.map` }) },
        })
      const first = await minifyAgain(readFileSync(file, 'utf8'), readFileSync(map, 'utf8'), { passes: 3 })
      // What is left is better not repeated for brevity: brotli does that.
      const output = await minifyAgain(first.code!, String(first.map), {
        passes: 2,
        reduce_vars: false,
        join_vars: false,
      })
      writeFileSync(file, output.code!)
      writeFileSync(map, String(output.map))
    }
  },
}

/** What is bundled with our own code reads the page's document as that does. */
const DOCUMENT = { document: [path('src/page_document.ts'), 'pageDocument'] as [string, string] }

/** Takes blanks and comments out of CSS and leaves the order, which compresses better than a minifier's. */
const plainCss: Plugin = {
  name: 'plain-css',
  transform: {
    filter: { id: /\.css/ },
    handler: (code) => ({
      code: code
        .replace(/\/\*[^]*?\*\//g, '')
        .replace(/\s*([{};,!])\s*/g, '$1')
        .replace(/\s*>\s*/g, '>')
        .replace(/(?<=\*) \+ /g, '+')
        .replace(/(?<=:)\s+|(?<=\[[\w-]+=)'|'(?=\])/g, '')
        .replace(/(?<=\d) \* /g, '*')
        .replace(/(?<![\d.])0(?=\.\d)/g, '')
        .replaceAll(';}', '}')
        .trim(),
      map: null,
    }),
  },
}

const configure = ({ transform, ...options }: RolldownOptions, rest: InlineConfig = {}): InlineConfig => ({
  configFile: false,
  root: path('.'),
  ...rest,
  plugins: [leanPreact, terserPlugin, ...(rest.plugins ?? [])],
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

const RUNTIME = path('src/features/runtime.ts')

/** `runtime.ts` as a plain object. As a namespace it would come with a getter for each export. */
const runtimeObject: Plugin = {
  name: 'runtime-object',
  resolveId: (id) => (id === 'virtual:runtime' ? id : null),
  load(id) {
    if (id !== 'virtual:runtime') return null
    const exported = [...readFileSync(RUNTIME, 'utf8').matchAll(/^export \{([^}]+)\}/gm)].flatMap(([, names]) =>
      names!.split(','),
    )
    const names = exported.map((name) => name.trim()).filter((name) => name && !name.startsWith('type '))
    return `import { ${names} } from ${JSON.stringify(RUNTIME)}\nexport const runtime = { ${names} }`
  },
}

/** The output of a file that gets from the panel what it shares with it. It makes a function of it, which the panel calls. */
const calledByPanel = (name: string): RolldownOptions['output'] & object => ({
  format: 'iife',
  name: 'feature',
  globals: () => 'runtime',
  postBanner: 'export default (runtime) => {',
  postFooter: 'return feature }',
  entryFileNames: `panel-${name}-${UNNAMED}.js`,
  generatedCode: { symbols: false },
})

/** What @loacl/core fetches when it is first used, and what that fetches. */
const client = (name: string, file: string): InlineConfig =>
  configure(
    { input: path(`../core/src/${file}`), output: calledByPanel(name) },
    {
      plugins: [fromClientRuntime],
      resolve: {
        alias: [
          { find: './supabase_fetch.ts', replacement: path('src/panel/no_supabase_client.ts') },
          { find: './fetch_actions.ts', replacement: path('src/panel/fetch_actions.ts') },
          { find: './fetch_calls.ts', replacement: path('src/panel/fetch_calls.ts') },
          { find: './fetch_files.ts', replacement: path('src/panel/fetch_files.ts') },
        ],
      },
    },
  )

const FEATURES = readdirSync(path('src/features'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const LANGUAGES = readdirSync(path('src/languages')).flatMap((file) => /^(?!index)(.*)\.ts$/.exec(file)?.[1] ?? [])

const read = (file: string): string => readFileSync(join(OUT, file), 'utf8')

/**
 * Names files by one hash of them all, which the file that fetches them then holds once. Any eight characters of the hash
 * will do: it takes those with which that file compresses best.
 */
function nameFiles(files: readonly string[], fetching: string): void {
  const hash = createHash('sha256')
  for (const file of files) hash.update(read(file))
  const digest = hash.digest('base64url')
  const code = read(fetching)
  const named = Array.from({ length: digest.length - UNNAMED.length }, (_, start) => {
    const version = digest.slice(start, start + UNNAMED.length)
    const text = code.replaceAll(UNNAMED, version)
    return { version, text, bytes: brotliCompressSync(text).length }
  })
  const { version, text } = named.reduce((best, next) => (next.bytes < best.bytes ? next : best))
  writeFileSync(join(OUT, fetching), text)
  for (const file of files) writeFileSync(join(OUT, file), read(file).replaceAll(UNNAMED, version))
  for (const file of files)
    for (const end of ['', '.map']) renameSync(join(OUT, file + end), join(OUT, file.replace(UNNAMED, version) + end))
}

/**
 * What the panel fetches when it is first used. The panel hands it what `runtime.ts` exports: an import would load a second
 * panel where the first has come from another address, at a second attempt.
 */
const feature = (name: string): InlineConfig =>
  configure(
    {
      input: path(`src/features/${name}/index.ts`),
      external: [RUNTIME],
      output: calledByPanel(name),
    },
    {
      // What an import that waits may need is run late: a feature that asks the client about an error would carry the means.
      plugins: [clientRuntime],
      resolve: { alias: [CLIENT_OF_PANEL] },
      build: { license: { fileName: `licenses-${name}.md` } },
    },
  )

/** The words of another language than English, which the panel fetches for its locale. */
const language = (name: string): InlineConfig =>
  configure({
    input: path(`src/languages/${name}.ts`),
    output: { format: 'es', entryFileNames: `panel-${name}-${UNNAMED}.js` },
  })

/** What the script tag fetches on intent. It takes the functions that a page may patch from the loader. */
function panel(): InlineConfig {
  const globals = path('src/panel/page_globals.ts')
  return configure(
    {
      input: path('src/panel/entry.ts'),
      output: { format: 'es', entryFileNames: PANEL },
      transform: { inject: { 'JSON.parse': [globals, 'parseJson'], 'JSON.stringify': [globals, 'stringifyJson'] } },
    },
    {
      plugins: [runtimeObject, clientRuntime, plainCss],
      resolve: { alias: [CLIENT_OF_PANEL] },
      define: {
        LATER_VERSION: JSON.stringify(UNNAMED),
        LANGUAGES: JSON.stringify(LANGUAGES),
      },
      build: { cssMinify: false, license: { fileName: 'licenses-panel.md' } },
    },
  )
}

/** What a site owner pastes. It knows its panel by name, so that no cache can mix two versions. */
function loader(): InlineConfig {
  return configure(
    { input: path('src/launcher/loader.ts'), output: { format: 'iife', entryFileNames: LOADER } },
    {
      plugins: [plainCss],
      define: { PANEL_FILE: JSON.stringify(PANEL) },
      build: { cssMinify: false },
    },
  )
}

/** As a library, it has nothing of an application's: no helper that preloads files from the page's root. */
const library = (entry: string, options: RolldownOptions, plugins: Plugin[] = []): InlineConfig =>
  configure(options, {
    plugins: [plainCss, ...plugins],
    build: { cssMinify: false, lib: { entry: path(entry), formats: ['es'] } },
  })

/** A file of its own, so that what is imported first shares none with what is fetched later. */
const widgetApart: Plugin = {
  name: 'widget-apart',
  enforce: 'pre',
  resolveId: (id) => (id === './widget.ts' ? { id: './widget.js', external: true } : null),
}

/** What a developer imports: all that a page has of a chat until somebody asks for more. */
const npm = (): InlineConfig => library('src/index.ts', { output: { entryFileNames: 'index.js' } }, [widgetApart])

/** What that fetches: the widget and its panel, with @loacl/core theirs. What features share with them comes with them. */
const npmWidget = (): InlineConfig =>
  library('src/npm/widget.ts', {
    external: ['@loacl/core'],
    preserveEntrySignatures: 'allow-extension',
    output: {
      entryFileNames: 'widget.js',
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: { groups: [{ name: 'widget', test: /\/src\/(npm|panel|features\/(index|runtime))/ }] },
    },
  })

// Whoever builds, what is built is for visitors: Vite would make a larger one for a test or a development.
process.env.NODE_ENV = 'production'
rmSync(OUT, { recursive: true, force: true })
for (const name of FEATURES) await build(feature(name))
for (const name of LANGUAGES) await build(language(name))
await build(client('client', 'on_demand.ts'))
await build(client('actions', 'thread_actions.ts'))
await build(client('calls', 'tool_calls.ts'))
await build(client('files', 'files.ts'))
await build(panel())
nameFiles(
  ['client', 'actions', 'calls', 'files', ...FEATURES, ...LANGUAGES].map((name) => `panel-${name}-${UNNAMED}.js`),
  PANEL,
)
await build(loader())
nameFiles([PANEL], LOADER)
for (const config of [npm, npmWidget]) await build(config())
