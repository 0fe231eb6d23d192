import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'vite'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** Bundles one module for the browser. */
export async function bundle(file: string, external: string[] = []): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      rolldownOptions: {
        input: path(file),
        external,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: false },
      },
    },
  })
  const [output] = [result].flat()
  if (!output || !('output' in output)) throw new Error(`Nothing was built from ${file}.`)
  return output.output[0].code
}

/** Bytes after minifying and brotli, Preact left out. */
export const brotliBytes = async (file: string): Promise<number> =>
  brotliCompressSync(await bundle(file, ['preact'])).length
