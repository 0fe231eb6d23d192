import { createClient } from '@loacl/core'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './Chat.tsx'

const client = createClient({
  url: import.meta.env.VITE_LOACL_URL,
  key: import.meta.env.VITE_LOACL_KEY,
  assistant: import.meta.env.VITE_LOACL_ASSISTANT,
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Chat client={client} />
  </StrictMode>,
)
