import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generateTypes, startStack } from '../src/index.ts'
import { TYPED_SCHEMA, TYPES_FILE } from '../src/types_file.ts'

it('the generated types are those of the migrations: `npm start` writes them anew', async () => {
  const stack = await startStack()
  try {
    expect(await generateTypes(stack.dbUrl, TYPED_SCHEMA)).toBe(readFileSync(TYPES_FILE, 'utf8'))
  } finally {
    await stack.stop()
  }
})
