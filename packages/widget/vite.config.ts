import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const OUT = path('dist')

type RolldownOptions = NonNullable<NonNullable<UserConfig['build']>['rolldownOptions']>

const build = (options: RolldownOptions, rest: UserConfig = {}): UserConfig => ({
  ...rest,
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: ['chrome111', 'firefox115', 'safari17'],
    outDir: OUT,
    sourcemap: true,
    minify: true,
    emptyOutDir: false,
    rolldownOptions: { preserveEntrySignatures: 'strict', ...options },
    ...rest.build,
  },
})

/** What the script tag fetches on intent. It takes the functions that a page may patch from the loader. */
function panel(): UserConfig {
  const world = path('src/panel/world.ts')
  return build(
    {
      input: path('src/panel/entry.ts'),
      output: { format: 'es', entryFileNames: 'panel-[hash].js' },
      transform: { inject: { 'JSON.parse': [world, 'parseJson'], 'JSON.stringify': [world, 'stringifyJson'] } },
    },
    { build: { emptyOutDir: true } },
  )
}

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A classic script is read in its page's encoding, which need not be UTF-8. */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk') file.code = file.code.replace(/[\u0080-\uffff]/g, escape)
  },
}

/** What a site owner pastes. It knows its panel by name, so that no cache can mix two versions. */
function loader(): UserConfig {
  const file = readdirSync(OUT).find((name) => /^panel-.+\.js$/.test(name))
  if (!file) throw new Error('Build the panel before the loader, which names its file.')
  return build(
    { input: path('src/launcher/loader.ts'), output: { format: 'iife', entryFileNames: 'loacl.js' } },
    { define: { PANEL_FILE: JSON.stringify(file) }, plugins: [asciiOnly] },
  )
}

/** What a developer imports: the panel apart, and @loacl/core theirs. */
function npm(): UserConfig {
  return build({
    input: path('src/index.ts'),
    external: ['@loacl/core'],
    output: { format: 'es', entryFileNames: 'index.js', chunkFileNames: '[name]-[hash].js' },
  })
}

const MODES: Readonly<Record<string, () => UserConfig>> = { panel, loader, npm }

export default defineConfig(({ mode }) => (MODES[mode] ?? npm)())
