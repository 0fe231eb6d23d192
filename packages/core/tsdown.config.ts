import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  // From the source file by file: TypeScript 7 has no API yet that a bundler could ask for declarations.
  dts: { oxc: true },
  // wire is private: its code and its types are part of this package.
  deps: { alwaysBundle: ['@loacl/wire'] },
  failOnWarn: true,
})
