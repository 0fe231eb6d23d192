import type { ReactNode } from 'react'

export const metadata = { title: 'React, Next and @loacl/widget' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
