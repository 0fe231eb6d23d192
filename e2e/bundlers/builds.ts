// How each bundler makes an application of `app.js`, as its own documentation begins. `out` is where its files go, which
// are served under `base`.
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const HERE = fileURLToPath(new URL('.', import.meta.url))
const ENTRY = join(HERE, 'app.js')
/** Imports the widget for what that alone does. */
const ELEMENT_ENTRY = join(HERE, 'element.js')
const ELEMENT = '<loacl-chat data-url="%url%" data-key="%key%" data-assistant="%assistant%"></loacl-chat>'

type Build = (out: string, base: string) => Promise<void>

/** A page that loads the bundle. */
const writePage = (out: string, script: string, body = ''): Promise<void> =>
  writeFile(
    join(out, 'index.html'),
    `<!doctype html><title>App</title><body>${body}<script type="module" src="${script}"></script>`,
  )

const webpackLike = async (
  pack: (
    options: object,
    done: (error: Error | null, stats?: { hasErrors(): boolean; toString(): string }) => void,
  ) => unknown,
  out: string,
  base: string,
  entry = ENTRY,
): Promise<void> => {
  const options = {
    mode: 'production',
    context: HERE,
    entry,
    output: { path: out, publicPath: base, filename: 'app.js' },
  }
  await new Promise<void>((resolve, reject) =>
    pack(options, (error, stats) =>
      error || stats?.hasErrors() ? reject(error ?? new Error(String(stats))) : resolve(),
    ),
  )
  await writePage(out, `${base}app.js`, entry === ELEMENT_ENTRY ? ELEMENT : '')
}

/** Next's own layout of an application, whose pages are static files. */
async function next(out: string, base: string, flag: string): Promise<void> {
  const folder = join(HERE, '.next-app', flag.slice(2))
  await mkdir(join(folder, 'app'), { recursive: true })
  await writeFile(
    join(folder, 'next.config.mjs'),
    `export default { output: 'export', basePath: '${base.slice(0, -1)}', outputFileTracingRoot: ${JSON.stringify(HERE)}, turbopack: { root: ${JSON.stringify(HERE)} } }`,
  )
  await writeFile(
    join(folder, 'app', 'layout.jsx'),
    `export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }`,
  )
  await writeFile(
    join(folder, 'app', 'page.jsx'),
    `'use client'
import { useEffect } from 'react'
import { mount } from '@loacl/widget'
export default function Page() {
  useEffect(() => {
    const { url, key, assistant } = Object.fromEntries(new URLSearchParams(location.search))
    const widget = mount({ url, key, assistant })
    return () => widget.dispose()
  }, [])
  return <h1>App</h1>
}`,
  )
  await run(process.execPath, [join(HERE, 'node_modules/next/dist/bin/next'), 'build', folder, flag], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
  await cp(join(folder, 'out'), out, { recursive: true })
}

export const BUILDS: Record<string, Build> = {
  /** Which leaves out what is imported for nothing, unless its package says that it does something. */
  async 'webpack-element'(out, base) {
    const { default: webpack } = await import('webpack')
    await webpackLike(webpack as never, out, base, ELEMENT_ENTRY)
  },
  async webpack(out, base) {
    const { default: webpack } = await import('webpack')
    await webpackLike(webpack as never, out, base)
  },
  async rspack(out, base) {
    const { rspack } = await import('@rspack/core')
    await webpackLike(rspack as never, out, base)
  },
  /** One file, without code splitting. */
  async esbuild(out, base) {
    const { build } = await import('esbuild')
    await build({ entryPoints: [ENTRY], bundle: true, minify: true, format: 'esm', outfile: join(out, 'app.js') })
    await writePage(out, `${base}app.js`)
  },
  async rollup(out, base) {
    const { rollup } = await import('rollup')
    const { nodeResolve } = await import('@rollup/plugin-node-resolve')
    const bundle = await rollup({ input: ENTRY, plugins: [nodeResolve({ browser: true })] })
    await bundle.write({ dir: out, format: 'es' })
    await writePage(out, `${base}app.js`)
  },
  async vite(out, base) {
    const { build } = await import('vite')
    const page = join(HERE, 'index.html')
    await writeFile(page, '<!doctype html><title>App</title><script type="module" src="./app.js"></script>')
    await build({ root: HERE, base, configFile: false, logLevel: 'error', build: { outDir: out } })
  },
  async parcel(out, base) {
    const page = join(HERE, 'index.html')
    await writeFile(page, '<!doctype html><title>App</title><script type="module" src="./app.js"></script>')
    const cli = join(HERE, 'node_modules/parcel/lib/bin.js')
    await run(process.execPath, [cli, 'build', page, '--dist-dir', out, '--public-url', base, '--no-cache'], {
      cwd: HERE,
      env: { ...process.env, PARCEL_WORKERS: '0' },
    })
  },
  'next-webpack': (out, base) => next(out, base, '--webpack'),
  'next-turbopack': (out, base) => next(out, base, '--turbopack'),
}

/** The texts of all scripts that a build has made. */
export async function listScripts(out: string): Promise<string[]> {
  const names = await readdir(out, { recursive: true })
  return names.filter((name) => /\.(js|css|html)$/.test(name)).map((name) => join(out, name))
}
