import { execFile } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
// What others wrote, or a build, or a browser test that failed.
const pages = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules', '**/dist', '**/test-results'] })

/** The names under which a page's headings can be linked to. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function brokenLinksOf(page: string): string[] {
  const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)
  return [...links].flatMap(([link, path = '', anchor]) => {
    const file = path ? join(root, dirname(page), path) : join(root, page)
    const isThere = existsSync(file) && (anchor === undefined || anchorsOf(file).includes(anchor))
    return isThere ? [] : [`${page}: ${link}`]
  })
}

it('every link from one document to another leads there', () => {
  expect(pages.length).toBeGreaterThan(15)
  expect(pages.flatMap(brokenLinksOf)).toEqual([])
})

it('the security policy is linked where somebody would search for it', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/security.md'])
    expect(readFileSync(join(root, page), 'utf8')).toMatch(/\]\((\.\.\/)?SECURITY\.md\)/)
})

/** What the pages' examples take for granted, because the words around them say where it comes from. */
const AROUND = `
import type { SupabaseClient } from '@supabase/supabase-js'
import type { LoaclGlobal } from '@loacl/widget'
declare global {
  const loacl: LoaclGlobal
  const supabase: SupabaseClient
  namespace NodeJS {
    interface ProcessEnv {
      LOACL_IDENTITY_SECRET?: any
    }
  }
  const url: string, key: string, assistant: string, identityToken: string
}
`

/** Of what the examples name and nobody here installs. */
const ELSEWHERE = `
declare module 'jest-environment-jsdom' {
  export class TestEnvironment {
    global: typeof globalThis
    setup(): Promise<void>
  }
}
`

/** An example that is members of an object, as of the options of `mount`, becomes one. */
const asModule = (code: string): string => (/^\w+: /.test(code) ? `export const options = {\n${code}}\n` : code)

it('every example in TypeScript or JavaScript compiles', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loacl-examples-'))
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    let count = 0
    // The test of core's package has its README's, against what is published.
    for (const page of pages.filter((name) => name !== join('packages', 'core', 'README.md')))
      for (const [, language, code = ''] of readFileSync(join(root, page), 'utf8').matchAll(
        /^```([jt]s)\n(.*?)^```/gms,
      ))
        writeFileSync(join(folder, `${page.replace(/\W+/g, '_')}_${++count}.m${language}`), asModule(code))
    expect(count).toBeGreaterThan(5)
    writeFileSync(join(folder, 'around.d.ts'), AROUND)
    writeFileSync(join(folder, 'elsewhere.d.ts'), ELSEWHERE)
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          lib: ['ES2024', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
          types: ['node'],
          typeRoots: [join(root, 'node_modules/@types')],
          jsx: 'react',
          jsxFactory: 'h',
          jsxFragmentFactory: 'Fragment',
          allowJs: true,
          checkJs: true,
          noImplicitAny: false,
          noImplicitOverride: false,
          noUnusedLocals: false,
          paths: {
            ...Object.fromEntries(
              readdirSync(join(root, 'packages')).map((name) => [
                `@loacl/${name}`,
                [join(root, 'packages', name, 'src/index.ts')],
              ]),
            ),
            '@ai-sdk/react': [join(root, 'e2e/node_modules/@ai-sdk/react/dist/index.d.ts')],
            '@loacl/core/ai': [join(root, 'packages/core/src/ai/index.ts')],
            '@loacl/core/testing': [join(root, 'packages/core/src/testing/index.ts')],
          },
        },
        include: ['.', join(root, 'packages/widget/src/**/*.d.ts')],
      }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 30_000)
