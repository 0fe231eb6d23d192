import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTabMemory } from '../src/tab_memory.ts'

let page: EventTarget
let stored: Map<string, string>
let writes: number
const storage = {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, value: string) => void (writes++, stored.set(name, value)),
  removeItem: (name: string) => void stored.delete(name),
} as Storage

beforeEach(() => {
  page = new EventTarget()
  stored = new Map()
  writes = 0
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('what is set key by key is written once, shortly after the last', () => {
  const memory = createTabMemory('p:', () => storage)
  for (const text of ['a', 'ab', 'abc']) memory.set('draft', text)
  expect(memory.get('draft')).toBe('abc')
  expect(writes).toBe(0)
  vi.runAllTimers()
  expect([writes, stored.get('p:draft')]).toEqual([1, 'abc'])
})

test('a page that goes away takes nothing unwritten with it', () => {
  createTabMemory('p:', () => storage).set('draft', 'half')
  page.dispatchEvent(new Event('pagehide'))
  expect(stored.get('p:draft')).toBe('half')
})

test('what is to be forgotten is gone at once', () => {
  const memory = createTabMemory('p:', () => storage)
  memory.set('draft', 'secret')
  vi.runAllTimers()
  memory.set('draft', null)
  expect(stored.size).toBe(0)
})

test('where storage is blocked or full, memory serves', () => {
  const memory = createTabMemory('p:', () => {
    throw new Error('blocked')
  })
  memory.set('draft', 'kept')
  vi.runAllTimers()
  expect(memory.get('draft')).toBe('kept')
})
