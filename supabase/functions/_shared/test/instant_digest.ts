import { createHash } from 'node:crypto'
import { vi } from 'vitest'

/** Real cryptography takes real time, which stands still under fake timers. */
vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, data) => {
  const bytes = createHash('sha256')
    .update(data as Uint8Array)
    .digest()
  return new Uint8Array(bytes).buffer
})
