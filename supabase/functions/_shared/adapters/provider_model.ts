import type { WireFormat } from '@loacl/wire'
import type { Model, ModelCall } from '../domain/model.ts'
import { createChatModel } from './chat_model.ts'
import type { ProviderOptions } from './openai_client.ts'
import { createOpenAIModel } from './openai_model.ts'

/** Every wire format behind the one port: each call says which it is. */
export function createProviderModel(options: ProviderOptions): Model {
  const formats: Readonly<Record<WireFormat, Model>> = {
    openai: createOpenAIModel(options),
    'openai-chat': createChatModel(options),
  }
  const of = ({ wireFormat }: ModelCall): Model => formats[wireFormat]
  return {
    stream: (call, signal) => of(call).stream(call, signal),
    generate: (call, signal) => of(call).generate(call, signal),
  }
}
