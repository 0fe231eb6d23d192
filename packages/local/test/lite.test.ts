import { once } from 'node:events'
import { expect, it } from 'vitest'
import '../src/lite.ts'

it('leaves warnings that are error objects to Node', async () => {
  const warning = Object.assign(new Error('Possible leak'), { name: 'MaxListenersExceededWarning' })
  const warned = once(process, 'warning')
  process.emitWarning(warning)
  expect(await warned).toEqual([warning])
})
