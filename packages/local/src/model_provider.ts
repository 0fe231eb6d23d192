import { createDemo, startMockModel, type MockModel, type Pace } from '@loacl/mock-model'
import { findPort, HOST, type PortRequest } from './ports.ts'

/** Where the model calls of a stack go. */
export interface ModelProvider {
  apiKey: string
  /** `null` for OpenAI's own address. */
  baseUrl: string | null
  /** `host:port` of an address that functions would refuse as private; empty where there is none. */
  privateHosts: string
  mockModel: MockModel | null
}

export interface ModelProviderOptions {
  apiKey?: string | undefined
  modelUrl?: string | undefined
  port: PortRequest
  pace: Pace
  onBusy(port: number): void
}

/** The given provider, or, without a key and an address, the mock model. */
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
      mockModel: null,
    }
  const mockModel = await startMockModel({ port: await findPort('mock model', port, onBusy), ...createDemo(pace) })
  return { apiKey: 'sk-mock-model', baseUrl: mockModel.url, privateHosts: new URL(mockModel.url).host, mockModel }
}

export const OPENAI_URL = 'https://api.openai.com/v1'
export const localUrl = (port: number): string => `http://${HOST}:${port}`
