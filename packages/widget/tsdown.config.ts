import { defineConfig } from 'tsdown'

// Declarations alone: Vite makes the JavaScript.
export default defineConfig({
  entry: 'src/index.ts',
  format: 'esm',
  dts: { emitDtsOnly: true },
  deps: { neverBundle: [/^@loacl\//, /^preact/, /^@preact/] },
  clean: false,
  fixedExtension: false,
})
