import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPartStream } from './part_stream.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const FINISH = { seq: 1, part: { type: 'finish' } } as const

it('shows signs of life while nothing is said, until its end', async () => {
  const stream = createPartStream()
  await vi.advanceTimersByTimeAsync(25_000)
  stream.send([FINISH])
  stream.end()
  expect(vi.getTimerCount()).toBe(0)
  expect(await stream.response.text()).toBe(': \n\n: \n\nid: 1\ndata: {"type":"finish"}\n\ndata: [DONE]\n\n')
})

it('says nothing after its end, nor ends twice', async () => {
  const stream = createPartStream()
  stream.end()
  stream.send([FINISH])
  stream.cut()
  stream.end()
  expect(await stream.response.text()).toBe('data: [DONE]\n\n')
})

it('has no [DONE] where it is cut', async () => {
  const stream = createPartStream()
  stream.send([{ seq: 1, part: { type: 'start' } }])
  stream.cut()
  expect(await stream.response.text()).toBe('id: 1\ndata: {"type":"start"}\n\n')
})

it('says when its reader has gone, and takes what is sent then', async () => {
  const stream = createPartStream()
  expect(stream.left.aborted).toBe(false)
  await stream.response.body!.cancel()
  stream.send([FINISH])
  stream.end()
  expect(stream.left.aborted).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})
