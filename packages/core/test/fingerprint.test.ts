import { describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../src/index.ts'
import { answered, fakeProject, json, opened } from './support/project.ts'
import { clientOf } from './support/watch.ts'

/** Sends a message after the other, and gives the fingerprints that their requests carried. */
async function fingerprintsOf(fingerprint: ClientOptions['fingerprint'], isAsked = true, messages = 1) {
  const assistant = { ...opened().assistant, fingerprint: isAsked }
  const project = fakeProject()
    .on('POST rpc/open_session', () => json(opened({ assistant })))
    .on('POST turns', (call) => answered('Hello').answer(call))
  const client = clientOf(project, { ...(fingerprint && { fingerprint }) })
  for (let sent = 0; sent < messages; sent++) await client.threads.create().send('Hi').text()
  return project.named('POST turns').map(({ body }) => body.fingerprint)
}

describe('the fingerprint', () => {
  it('is asked of the host once, and sent with each message', async () => {
    const ask = vi.fn<() => Promise<string>>(async () => 'f1-_A')
    expect(await fingerprintsOf(ask, true, 2)).toEqual(['f1-_A', 'f1-_A'])
    expect(ask).toHaveBeenCalledTimes(1)
  })

  it('is not asked for where the assistant doesn’t want it', async () => {
    const ask = vi.fn<() => Promise<string>>(async () => 'f1')
    expect(await fingerprintsOf(ask, false)).toEqual([undefined])
    expect(ask).not.toHaveBeenCalled()
  })

  it.each([
    ['none was given', undefined],
    ['there is none', async () => null],
    ['it fails', () => Promise.reject(new Error('blocked'))],
    [
      'it throws',
      () => {
        throw new Error('blocked')
      },
    ],
    ['it is none that the project takes', async () => 'a b'],
    ['it doesn’t come within a second', () => new Promise<never>(() => {})],
  ])('is left out, and the message goes, where %s', async (_, ask) => {
    expect(await fingerprintsOf(ask)).toEqual([undefined])
  })
})
