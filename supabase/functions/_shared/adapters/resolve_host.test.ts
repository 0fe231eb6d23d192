import { expect, it } from 'vitest'
import { createHostResolver } from './resolve_host.ts'

const named = (name: string) => Object.assign(new Error('No.'), { name })
const answering = (answers: Record<'A' | 'AAAA', string[] | Error>) =>
  createHostResolver(
    {
      resolveDns: (_, type) => {
        const answer = answers[type]
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
    },
    false,
  )!

it('gives the addresses of both kinds', async () => {
  expect(await answering({ A: ['1.2.3.4'], AAAA: ['fd00::1'] })('a.example')).toEqual(['1.2.3.4', 'fd00::1'])
  expect(await answering({ A: ['1.2.3.4'], AAAA: named('NotFound') })('a.example')).toEqual(['1.2.3.4'])
  expect(await answering({ A: named('NotFound'), AAAA: named('NotFound') })('a.example')).toEqual([])
})

it('fails where one kind stays unknown: it might be the private one', async () => {
  await expect(answering({ A: ['1.2.3.4'], AAAA: named('TimedOut') })('a.example')).rejects.toThrow('No.')
})

it('gives nothing where it may not ask', async () => {
  expect(await answering({ A: named('NotCapable'), AAAA: named('NotCapable') })('a.example')).toBeNull()
  expect(createHostResolver({}, false)).toBeUndefined()
  expect(createHostResolver({ resolveDns: () => Promise.resolve([]) }, true)).toBeUndefined()
})
