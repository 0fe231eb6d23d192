import { findPort, HOST, type PortWish } from './ports.ts'
import { startStandIn, type Pace, type StandIn } from './stand_in/model.ts'

/** Where the model calls of a stack go. */
export interface ModelProvider {
  apiKey: string
  /** `null` for OpenAI's own address. */
  baseUrl: string | null
  /** `host:port` of an address that functions would refuse as private; empty where there is none. */
  privateHosts: string
  standIn: StandIn | null
}

export interface ModelProviderOptions {
  apiKey?: string | undefined
  modelUrl?: string | undefined
  port: PortWish
  pace: Pace
  onBusy(port: number): void
}

/** The given provider, or, without a key and an address, the stand-in. */
export async function startModelProvider({
  apiKey,
  modelUrl,
  port,
  pace,
  onBusy,
}: ModelProviderOptions): Promise<ModelProvider> {
  // Local model servers want an address and no key.
  if (apiKey || modelUrl)
    return {
      apiKey: apiKey || 'none',
      baseUrl: modelUrl || null,
      privateHosts: modelUrl ? new URL(modelUrl).host : '',
      standIn: null,
    }
  const standIn = await startStandIn(await findPort('model stand-in', port, onBusy), pace)
  return { apiKey: 'sk-stand-in', baseUrl: standIn.url, privateHosts: new URL(standIn.url).host, standIn }
}

export const OPENAI_URL = 'https://api.openai.com/v1'
export const localUrl = (port: number): string => `http://${HOST}:${port}`
