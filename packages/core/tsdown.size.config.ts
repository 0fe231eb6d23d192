import { defineConfig } from 'tsdown'

// What a page loads for its first answer, as one file to weigh. Nobody publishes it.
export default defineConfig({
  entry: 'test/first_answer.ts',
  outDir: 'dist-size',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  dts: false,
  deps: { alwaysBundle: ['@loacl/wire'] },
  inputOptions: { external: [/\/on_demand\.ts$/] },
  outputOptions: { comments: false },
  failOnWarn: true,
})
