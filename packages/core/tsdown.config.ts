import { defineConfig, type UserConfig } from 'tsdown'

const library: UserConfig = {
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  // From the source file by file: TypeScript 7 has no API yet that a bundler could ask for declarations.
  dts: { oxc: true },
  // wire is private: its code and its types are part of this package.
  deps: { alwaysBundle: ['@loacl/wire'] },
  failOnWarn: true,
}

// Each entry by itself: what one framework uses, or tests, shares no file with what every page loads.
export default defineConfig([
  { ...library, entry: ['src/index.ts'] },
  { ...library, entry: { ai: 'src/ai/index.ts' }, clean: false },
  { ...library, entry: { testing: 'src/testing/index.ts' }, clean: false },
])
