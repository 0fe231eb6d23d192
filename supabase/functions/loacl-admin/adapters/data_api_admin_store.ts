import { createFunctionCaller, toCodedDatabaseError, type DataApiOptions } from '../../_shared/adapters/data_api.ts'
import { createDataApiClient } from '../../_shared/adapters/data_api_client.ts'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import { invalid } from '../domain/body.ts'
import type { AdminStore } from '../domain/ports.ts'
import { asOperator, CHECK, FOREIGN_KEY } from './data_api_words.ts'
import { createSecretStore } from './data_api_secret_store.ts'
import { MODEL_COLUMNS, toAssistantModel, toAssistantRow } from './assistant_row.ts'

export interface AdminStoreOptions extends DataApiOptions {
  /** Goes with calls that are made under an operator's own access token. */
  publishableKey: string
}

const DELETIONS_AT_ONCE = 10
const TURNS_AT_ONCE = 20
/** Of an erasure, which may have much to do. */
const LONG_TIMEOUT_MS = 20_000

const isConflict = (error: unknown): boolean =>
  error instanceof CodedError && (error.cause as { code?: unknown } | undefined)?.code === FOREIGN_KEY

/** The database over the Data API: with the secret key where sealed values are touched, else as the operator. */
export function createDataApiAdminStore(options: AdminStoreOptions): AdminStore {
  const call = createFunctionCaller(options)
  const client = createDataApiClient(options, options.publishableKey)
  const callAsOperator = createFunctionCaller({
    ...options,
    secretKey: options.publishableKey,
    timeoutMs: LONG_TIMEOUT_MS,
  })

  return {
    getOperatorRole: (userId) => call('get_operator_role', { user_id: userId }),

    async listProviderConfigs(operator) {
      const { data, error, status } = await client
        .from('provider_configs')
        .select(
          'id, provider, baseUrl:base_url, keyLastFour:key_last_four, isActive:is_active, isDefault:is_default, createdAt:created_at, updatedAt:updated_at',
        )
        .eq('owner_id', operator.userId)
        .order('is_default', { ascending: false })
        .order('created_at')
        .setHeader('authorization', asOperator(operator).authorization)
      if (error) throw toCodedDatabaseError(error, status)
      return data
    },
    setProviderKey: (ownerId, provider, baseUrl, { secretId, keyId, ciphertext, lastFour }, isDefault) =>
      call('set_provider_key', {
        owner_id: ownerId,
        provider,
        base_url: baseUrl,
        secret_id: secretId,
        key_id: keyId,
        ciphertext,
        last_four: lastFour,
        is_default: isDefault,
      }),
    removeProviderKey: (ownerId, configId) =>
      call<boolean, 'remove_provider_key'>('remove_provider_key', { owner_id: ownerId, config_id: configId }).catch(
        (error: unknown) => {
          throw isConflict(error) ? invalid('An assistant names this key. Let it name another first.') : error
        },
      ),
    readProviderKey: (ownerId, configId) => call('read_provider_key', { owner_id: ownerId, config_id: configId }),

    async readAssistantModel(operator, assistantId) {
      const { data, error, status } = await client
        .from('assistants')
        .select(MODEL_COLUMNS)
        .eq('id', assistantId)
        .eq('owner_id', operator.userId)
        .setHeader('authorization', asOperator(operator).authorization)
        .maybeSingle()
      if (error) throw toCodedDatabaseError(error, status)
      return data && toAssistantModel(data)
    },
    async updateAssistantModel(operator, assistantId, change) {
      const { error, status } = await client
        .from('assistants')
        .update(toAssistantRow(change))
        .eq('id', assistantId)
        .eq('owner_id', operator.userId)
        .setHeader('authorization', asOperator(operator).authorization)
      if (error?.code === FOREIGN_KEY) throw invalid('There is no such provider key of yours.')
      if (error?.code === CHECK) throw invalid(`The database does not take that: ${error.message}`)
      if (error) throw toCodedDatabaseError(error, status)
    },

    ...createSecretStore(call, client),

    listSecretsToReseal: (keyId, ownerId, afterId) =>
      call('list_secrets_to_reseal', { key_id: keyId, owner_id: ownerId, after_id: afterId, batch_size: 50 }),
    resealSecret: (old, { keyId, ciphertext }) =>
      call('reseal_secret', {
        secret_id: old.secretId,
        old_ciphertext: old.ciphertext,
        key_id: keyId,
        ciphertext,
      }),

    eraseVisitor: (operator, sessionId) =>
      callAsOperator('erase_visitor', { session_id: sessionId }, asOperator(operator)),
    locateFile: (operator, fileId) => callAsOperator('locate_file', { file_id: fileId }, asOperator(operator)),
    deleteFile: async (operator, fileId) => {
      await callAsOperator('delete_file', { file_id: fileId }, asOperator(operator))
    },
    takeDeletions: () => call('take_deletions', { batch_size: DELETIONS_AT_ONCE }),
    confirmDeletion: (id) => call('confirm_deletion', { deletion_id: id }),
    failDeletion: (id, error) => call('fail_deletion', { deletion_id: id, error }),
    cleanUp: () => call('run_clean_up', {}),
    listUnfoldedTurns: () => call('list_unfolded_turns', { max_turns: TURNS_AT_ONCE }),
    foldTurn: (turnId, { content, parts }) => call('fold_turn', { turn_id: turnId, content, parts }),
  }
}
