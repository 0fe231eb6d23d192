import { describe, expect, it } from 'vitest'
import { createByteQueue } from './byte_queue.ts'

/** Enters, and says in `order` when it is in. */
async function enter(queue: ReturnType<typeof createByteQueue>, order: number[], bytes: number, signal?: AbortSignal) {
  const leave = await queue.enter(bytes, signal)
  order.push(bytes)
  return leave
}
const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('work whose bytes are limited', () => {
  it('begins while it fits, and else in its turn', async () => {
    const [queue, order]: [ReturnType<typeof createByteQueue>, number[]] = [createByteQueue(10), []]
    const six = await enter(queue, order, 6)
    const [seven, three] = [enter(queue, order, 7), enter(queue, order, 3)]
    await settled()
    // Three would fit, and would keep seven waiting.
    expect(order).toEqual([6])
    six()
    six()
    ;(await seven)()
    ;(await three)()
    expect(order).toEqual([6, 7, 3])
  })

  it('that is larger than the limit goes alone', async () => {
    const [queue, order]: [ReturnType<typeof createByteQueue>, number[]] = [createByteQueue(10), []]
    const large = await enter(queue, order, 50)
    const small = enter(queue, order, 1)
    await settled()
    expect(order).toEqual([50])
    large()
    await small
    expect(order).toEqual([50, 1])
  })

  it('that is called off while it waits lets the next one in', async () => {
    const [queue, order]: [ReturnType<typeof createByteQueue>, number[]] = [createByteQueue(10), []]
    const controller = new AbortController()
    await enter(queue, order, 6)
    const waiting = enter(queue, order, 7, controller.signal)
    const next = enter(queue, order, 4)
    controller.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    await next
    expect(order).toEqual([6, 4])
    await expect(enter(queue, order, 1, controller.signal)).rejects.toThrow('stopped')
  })
})
