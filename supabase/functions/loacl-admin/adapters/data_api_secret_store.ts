import { toCodedDatabaseError, type CallFunction } from '../../_shared/adapters/data_api.ts'
import type { createDataApiClient } from '../../_shared/adapters/data_api_client.ts'
import type { CodedError } from '../../_shared/domain/coded_error.ts'
import { invalid } from '../domain/body.ts'
import type { AdminStore } from '../domain/ports.ts'
import { asOperator, CHECK, UNIQUE } from './data_api_words.ts'

/** SQLSTATE: a text holds a character that PostgreSQL has no room for, as JSON or as text. */
const UNSTORABLE = ['22P05', '22021']

type SecretStore = Pick<
  AdminStore,
  | 'setAssistantSecret'
  | 'removeAssistantSecret'
  | 'describeAssistantSecret'
  | 'readMcpServer'
  | 'setMcpSecret'
  | 'removeMcpSecret'
  | 'listMcpTools'
  | 'addMcpTool'
  | 'changeMcpTool'
>

/** Secrets of assistants and of MCP servers, with the secret key; tools as the operator. */
export function createSecretStore(call: CallFunction, client: ReturnType<typeof createDataApiClient>): SecretStore {
  return {
    setAssistantSecret: (kind, ownerId, assistantId, { secretId, keyId, ciphertext, lastFour }) =>
      call(`set_${kind}_secret`, {
        owner_id: ownerId,
        assistant_id: assistantId,
        secret_id: secretId,
        key_id: keyId,
        ciphertext,
        last_four: lastFour,
      }),
    removeAssistantSecret: (kind, ownerId, assistantId) =>
      call(`remove_${kind}_secret`, { owner_id: ownerId, assistant_id: assistantId }),
    describeAssistantSecret: (kind, ownerId, assistantId) =>
      call(`describe_${kind}_secret`, { owner_id: ownerId, assistant_id: assistantId }),

    readMcpServer: (ownerId, serverId) => call('read_mcp_server', { owner_id: ownerId, mcp_server_id: serverId }),
    setMcpSecret: (ownerId, { id, endpoint }, { secretId, keyId, ciphertext, lastFour }) =>
      call('set_mcp_secret', {
        owner_id: ownerId,
        mcp_server_id: id,
        endpoint,
        secret_id: secretId,
        key_id: keyId,
        ciphertext,
        last_four: lastFour,
      }),
    removeMcpSecret: (ownerId, serverId) => call('remove_mcp_secret', { owner_id: ownerId, mcp_server_id: serverId }),

    async listMcpTools(operator, serverId) {
      const { data, error, status } = await client
        .from('assistant_tools')
        .select('id, name, remoteName:remote_name, description, parameters')
        .eq('mcp_server_id', serverId)
        .order('name')
        .setHeader('authorization', asOperator(operator).authorization)
      if (error) throw toCodedDatabaseError(error, status)
      return data
    },
    async addMcpTool(operator, server, { name, remoteName, description, parameters }) {
      const { error, status } = await client
        .from('assistant_tools')
        .insert({
          assistant_id: server.assistantId,
          kind: 'mcp',
          mcp_server_id: server.id,
          name,
          remote_name: remoteName,
          description,
          parameters,
          is_active: false,
        })
        .setHeader('authorization', asOperator(operator).authorization)
      if (error) throw toToolError(error, status)
    },
    async changeMcpTool(operator, toolId, { description, parameters }) {
      const { error, status } = await client
        .from('assistant_tools')
        .update({ description, parameters })
        .eq('id', toolId)
        .setHeader('authorization', asOperator(operator).authorization)
      if (error) throw toToolError(error, status)
    },
  }
}

function toToolError(error: { code: string; message: string }, status: number): CodedError {
  if (error.code === UNIQUE) return invalid('The assistant has a tool of this name.')
  if ([CHECK, ...UNSTORABLE].includes(error.code)) return invalid(`The database does not take that: ${error.message}`)
  return toCodedDatabaseError(error, status)
}
