import { Chat } from '@ai-sdk/react'
import { createClient, LoaclError, type Thread } from '@loacl/core'
import { createChatTransport, findThread, loadMessages, type ChatMessage } from '@loacl/core/ai'
import { lastAssistantMessageIsCompleteWithApprovalResponses } from 'ai'

export const client = createClient({
  url: import.meta.env.VITE_LOACL_URL,
  key: import.meta.env.VITE_LOACL_KEY,
  assistant: import.meta.env.VITE_LOACL_ASSISTANT,
})

const transport = createChatTransport(client)

interface OpenChat {
  chat: Chat<ChatMessage>
  /** The conversation, for what useChat does not do. */
  thread: Thread
}
const chats = new Map<string, Promise<OpenChat>>()

/** The chat of a conversation. It is kept: an answer goes on while another conversation is shown. */
export function openChat(id: string): Promise<OpenChat> {
  const opening = chats.get(id) ?? createChat(id)
  chats.set(id, opening)
  opening.catch(() => chats.delete(id))
  return opening
}

/** After these the page shows what the server does not have: an answer taken back, or a call that was decided elsewhere. */
const OUT_OF_STEP = /^(output_flagged|moderation_unavailable|execution_decided|approval_expired)$/

async function createChat(id: string): Promise<OpenChat> {
  const chat: Chat<ChatMessage> = new Chat({
    id,
    messages: await loadMessages(client, id),
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    async onError(error) {
      if (LoaclError.is(error) && OUT_OF_STEP.test(error.code)) chat.messages = await loadMessages(client, id)
    },
  })
  return { chat, thread: await findThread(client, id) }
}
