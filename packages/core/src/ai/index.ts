export { createChatTransport } from './chat_transport.ts'
export { findThread, loadMessages } from './find_thread.ts'
export { toUIMessage, type ChatMessage, type ChatMetadata } from './ui_message.ts'
