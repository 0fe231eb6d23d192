interface ImportMetaEnv {
  readonly VITE_LOACL_URL: string
  readonly VITE_LOACL_KEY: string
  readonly VITE_LOACL_ASSISTANT: string
}
