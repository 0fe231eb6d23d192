const PREFIX = 'whsec_'

export interface SignedWebhook {
  id: string
  /** Since 1970. */
  seconds: number
  body: string
}

/**
 * The headers with which Standard Webhooks signs a request: HMAC-SHA256 over its id, time and body.
 * @param secret `whsec_` and base64
 */
export async function signWebhook(
  secret: string,
  { id, seconds, body }: SignedWebhook,
): Promise<Record<string, string>> {
  const bytes = Uint8Array.from(atob(secret.replace(PREFIX, '')), (char) => char.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${seconds}.${body}`))
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(signed)))}`,
  }
}
