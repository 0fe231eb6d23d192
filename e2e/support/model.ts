import { randomUUID } from 'node:crypto'
import { type AnsweredCall, type Reply } from '@loacl/mock-model'

/** What one test says to the scripted model. Texts must be the test's own: see `unique`. */
export class Model {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** What the model says to `text` from now on, also in answers that are held. */
  async says(text: string, reply: Reply | string): Promise<void> {
    const entry = [text, typeof reply === 'string' ? { text: reply } : reply]
    const response = await fetch(`${this.#url}/script`, { method: 'POST', body: JSON.stringify([entry]) })
    if (!response.ok) throw new Error(`The scripted model answered ${response.status}.`)
  }

  /** How often and with what the model was asked to answer `text`. */
  async calls(text: string): Promise<AnsweredCall[]> {
    const response = await fetch(`${this.#url}/calls?${new URLSearchParams({ text })}`)
    return (await response.json()) as AnsweredCall[]
  }
}

/** The sentence with a word that no other test says. */
export const unique = (sentence: string): string => `${sentence} (${randomUUID().slice(0, 8)})`
