import { vi } from 'vitest'
import type { LoaclClient } from '../../src/index.ts'
import type { FakeProject } from './project.ts'
import { clientOf, memoryStorage } from './watch.ts'

/**
 * A browser whose tabs share a storage and their channels. A tab's own globals are there while it makes its client and
 * begins to listen. All tabs are visible or hidden together.
 */
export function fakeBrowser({ hasChannels = true } = {}) {
  const storage = memoryStorage()
  const channels = new Set<FakeChannel>()
  const page = { visibilityState: 'visible' }
  vi.stubGlobal('document', page)

  class FakeChannel extends EventTarget {
    readonly name: string
    constructor(name: string) {
      super()
      if (!hasChannels) throw new DOMException('Blocked.', 'SecurityError')
      this.name = name
      channels.add(this)
    }
    postMessage(data: unknown): void {
      for (const other of channels)
        if (other !== this && other.name === this.name)
          other.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }))
    }
    close(): void {
      channels.delete(this)
    }
  }
  vi.stubGlobal('BroadcastChannel', FakeChannel)

  return {
    storage,
    page,
    channels,
    /** What any script of the origin can do. */
    say: (name: string, data: unknown) => new FakeChannel(name).postMessage(data),
    tab(project: Pick<FakeProject, 'fetch'>): { client: LoaclClient; events: EventTarget } {
      const events = new EventTarget()
      vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
      return { client: clientOf(project, { storage, now: Date.now }), events }
    },
  }
}
