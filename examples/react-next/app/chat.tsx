'use client'

import '@loacl/widget/react'

export const Chat = () => (
  <loacl-chat
    data-url={process.env.NEXT_PUBLIC_LOACL_URL}
    data-key={process.env.NEXT_PUBLIC_LOACL_KEY}
    data-assistant={process.env.NEXT_PUBLIC_LOACL_ASSISTANT}
  />
)
