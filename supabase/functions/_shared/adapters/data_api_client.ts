import { createClient } from '@supabase/supabase-js'
import type { DataApiOptions } from './data_api.ts'

/** A client that keeps no session: whoever calls says for each call who they are. */
export const createDataApiClient = ({ url, fetch }: Pick<DataApiOptions, 'url' | 'fetch'>, key: string) =>
  createClient(url, key, {
    db: { schema: 'loacl' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(fetch ? { global: { fetch } } : {}),
  })
