import type { Message } from '@loacl/core'
import { expect, test } from 'vitest'
import { createDrawing } from '../src/panel/drawing.ts'

const conversation = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: `m${from + index}`, clientId: null }) as Message)

/** Draws until nothing is left to draw, and gives the counts that were drawn on the way. */
function drawAll(drawing: ReturnType<typeof createDrawing>, messages: Message[]) {
  const counts: number[] = []
  for (;;) {
    const drawn = drawing.next(messages)
    counts.push(drawn.count)
    if (drawn.done) return { ...drawn, counts }
  }
}

function drawnTo(messages: Message[]) {
  const drawing = createDrawing()
  drawing.begin()
  drawAll(drawing, messages)
  return drawing
}

test('only the text field is drawn before the panel is shown', () => {
  const drawing = createDrawing()
  for (let time = 0; time < 2; time++)
    expect(drawing.next(conversation(1, 10))).toMatchObject({ count: -2, settled: false, done: false })
})

test('the composer and what is around it are drawn, then the newest hundred: ten one by one, then two in each task', () => {
  const drawing = createDrawing()
  drawing.begin()
  const { counts, left } = drawAll(drawing, conversation(1, 5_000))
  expect(counts).toEqual([-1, 0, ...Array.from({ length: 55 }, (_, index) => (index < 10 ? index + 1 : 2 * index - 8))])
  expect(left).toBe(4_900)
})

test('a message that comes makes none go, and a question leaves the newest alone', () => {
  const drawing = drawnTo(conversation(1, 120))
  expect(drawAll(drawing, conversation(1, 130))).toMatchObject({ count: 110, left: 20 })
  drawing.shorten()
  expect(drawAll(drawing, conversation(1, 131))).toMatchObject({ count: 100, left: 31 })
})

test('a question and an answer that come together make none of a short conversation go', () => {
  expect(drawnTo(conversation(1, 4)).next(conversation(1, 6))).toMatchObject({ count: 6, settled: true })
})

test('what was loaded in front is drawn where the visitor asked for it', () => {
  const drawing = drawnTo(conversation(101, 200))
  expect(drawAll(drawing, conversation(51, 200))).toMatchObject({ count: 100, left: 50 })
  drawing.extend(conversation(51, 200))
  expect(drawAll(drawing, conversation(51, 200))).toMatchObject({ count: 150, left: 0 })
  expect(drawing.hasMore()).toBe(false)
})

test('a short conversation is drawn whole, whatever was loaded in front', () => {
  expect(drawAll(drawnTo(conversation(51, 60)), conversation(1, 60))).toMatchObject({ count: 60, left: 0 })
})

test('all of a long conversation is drawn in few tasks', () => {
  const messages = conversation(1, 5_000)
  const drawing = drawnTo(messages)
  drawing.extend(messages, Infinity)
  const { counts, left } = drawAll(drawing, messages)
  expect(left).toBe(0)
  expect(counts.length).toBeLessThan(350)
})

test('another conversation is drawn anew, and its place is not known before', () => {
  const drawing = drawnTo(conversation(1, 300))
  drawing.next([])
  expect(drawing.next(conversation(1001, 1300))).toMatchObject({ count: 1, left: 200, settled: false })
})
