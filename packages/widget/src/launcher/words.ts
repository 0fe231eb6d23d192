/** The launcher's name, also where the panel is there and another language is not. */
export const OPEN_CHAT = 'Open chat'
