import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeDataDir, start } from './own_stack.ts'

const FUNCTION = `
Deno.serve(() => Response.json({ pid: Deno.pid, name: Deno.env.get('LOACL_NAME'), early: globalThis.early }))
`

it('has the processes of a function take requests in turn, and starts one again that was killed', async () => {
  const dir = makeDataDir()
  mkdirSync(join(dir, 'loacl-chat'))
  writeFileSync(join(dir, 'loacl-chat', 'index.ts'), FUNCTION)
  writeFileSync(join(dir, 'early.js'), "globalThis.early = 'yes'\n")
  const stack = await start({
    functionsDir: dir,
    workers: 2,
    workerEnv: (worker) => ({ LOACL_NAME: `process ${worker}` }),
    preload: [join(dir, 'early.js')],
  })
  const ask = async () => (await (await fetch(`${stack.apiUrl}/functions/v1/loacl-chat`)).json()) as { pid: number }

  const [first, second] = [await ask(), await ask()]
  expect([first, second]).toEqual([
    { pid: stack.functionPids('loacl-chat')[0], name: 'process 0', early: 'yes' },
    { pid: stack.functionPids('loacl-chat')[1], name: 'process 1', early: 'yes' },
  ])
  expect(first.pid).not.toBe(second.pid)

  process.kill(first.pid, 'SIGKILL')
  await expect.poll(() => stack.functionPids('loacl-chat')).toEqual([null, second.pid])
  const again = await ask()
  expect(again).toEqual({ pid: stack.functionPids('loacl-chat')[0], name: 'process 0', early: 'yes' })
  expect(again.pid).not.toBe(first.pid)
  expect(await ask()).toEqual(second)
})
