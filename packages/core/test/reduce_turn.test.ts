import type { StreamPart } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { newProgress, reduceTurn } from '../src/reduce_turn.ts'
import { begun, complete, finish, IDS, text } from './support/project.ts'

const START = newProgress('2026-11-22T08:00:00.000Z')
const after = (...parts: StreamPart[]) => parts.reduce(reduceTurn, START)
const answerAfter = (...parts: StreamPart[]) => after(...begun(), ...parts).answer!

describe('the parts of a turn', () => {
  it('keep texts and reasonings that are told in turns apart', () => {
    const { parts, content } = answerAfter(
      { type: 'reasoning-start', id: '1' },
      { type: 'text-start', id: '1' },
      { type: 'reasoning-delta', id: '1', delta: 'Hm' },
      text('One, ', '1'),
      { type: 'text-start', id: '2' },
      text('three.', '2'),
      text('two, ', '1'),
      { type: 'reasoning-delta', id: '1', delta: '…' },
    )
    expect(parts).toEqual([
      { type: 'reasoning', text: 'Hm…' },
      { type: 'text', text: 'One, two, ' },
      { type: 'text', text: 'three.' },
    ])
    expect(content).toBe('One, two, three.')
  })

  it('open a new text where a later step uses an id again', () => {
    const step: StreamPart[] = [{ type: 'text-start', id: '1' }, text('Once.', '1'), { type: 'text-end', id: '1' }]
    expect(answerAfter(...step, ...step).parts).toHaveLength(2)
  })

  it('take text that nothing has opened', () => {
    expect(answerAfter(text('Hello')).content).toBe('Hello')
  })

  it('name a source once', () => {
    const source = { type: 'source-document', sourceId: 's1', mediaType: 'application/pdf', title: 'Terms' } as const
    expect(answerAfter(source, source).parts).toEqual([source])
  })

  it('begin the answer anew where the stream is told from its start', () => {
    expect(answerAfter(text('Hel'), ...begun(), text('Hello')).content).toBe('Hello')
    const thought: StreamPart = { type: 'reasoning-delta', id: '1', delta: 'Hm' }
    const { parts } = answerAfter(thought, text('Hello'), ...begun(), text('Hello'), thought)
    expect(parts.map(({ type }) => type)).toEqual(['text', 'reasoning'])
  })

  it('change nothing before the answer is known, nor by what only frames it', () => {
    expect(after({ type: 'start' }, text('lost'), finish, { type: 'abort' })).toBe(START)
    const state = after(...begun())
    for (const part of [{ type: 'text-end', id: '1' }, { type: 'start' }] as const)
      expect(reduceTurn(state, part)).toBe(state)
  })

  it('do not undo an end', () => {
    expect(answerAfter(complete({ status: 'stopped' }), finish).status).toBe('stopped')
    expect(answerAfter(complete(), { type: 'error', errorText: 'Too late.' }).status).toBe('completed')
  })

  it('say why it failed, with a code or without', () => {
    const coded = after(
      ...begun(),
      { type: 'data-error', data: { code: 'model_unavailable', message: 'Away.' } },
      { type: 'error', errorText: 'Away.' },
    )
    expect(coded).toMatchObject({ answer: { status: 'failed', errorCode: 'model_unavailable' } })
    expect(after(...begun(), { type: 'error', errorText: 'Oh.' })).toMatchObject({
      answer: { id: IDS.messageId, status: 'failed', errorCode: 'internal' },
      error: { code: 'internal', message: 'Oh.' },
    })
  })
})
