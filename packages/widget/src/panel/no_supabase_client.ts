/** In place of core's own: a script tag gives an address and a key, never the page's own supabase-js client. */
export const fetchThroughClient = null
