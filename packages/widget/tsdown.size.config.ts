import { defineConfig } from 'tsdown'

// What a bundler makes of the npm package, to weigh: `app.js` comes with the page, `widget.js` when somebody asks for the
// chat. What core fetches after the first answer is left out. Nobody publishes it.
export default defineConfig({
  entry: 'test/app.js',
  outDir: 'dist-size',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  dts: false,
  deps: { alwaysBundle: [/^@loacl\//] },
  inputOptions: { external: [/\/on_demand\.ts$/] },
  outputOptions: { comments: false, chunkFileNames: '[name].js' },
  failOnWarn: true,
})
