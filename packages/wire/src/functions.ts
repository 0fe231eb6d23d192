/** Where a project's Edge Functions are, below its address. */
export const FUNCTIONS_PATH = 'functions/v1/'

/** The visitors' function. A host may well have a `chat` of its own beside it. */
export const CHAT_FUNCTION = 'loacl-chat'

/** The owners' function. */
export const ADMIN_FUNCTION = 'loacl-admin'
