export const toDataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`
