import { AbstractChat, type ChatInit, type ChatState, type ChatStatus } from 'ai'
import type { ChatMessage } from '../../src/ai/index.ts'

class State implements ChatState<ChatMessage> {
  status: ChatStatus = 'ready'
  error: Error | undefined
  messages: ChatMessage[] = []
  pushMessage = (message: ChatMessage) => void (this.messages = [...this.messages, message])
  popMessage = () => void (this.messages = this.messages.slice(0, -1))
  replaceMessage = (index: number, message: ChatMessage) =>
    void (this.messages = this.messages.with(index, structuredClone(message)))
  snapshot = <T>(value: T): T => structuredClone(value)
}

/** What `useChat` holds, without React. */
export class TestChat extends AbstractChat<ChatMessage> {
  constructor({ messages = [], ...init }: ChatInit<ChatMessage>) {
    const state = new State()
    state.messages = messages
    super({ ...init, state })
  }
}
