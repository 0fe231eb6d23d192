/** The part of Deno that looks names up. */
export interface NameServer {
  resolveDns?: (name: string, type: 'A' | 'AAAA', options: { signal: AbortSignal }) => Promise<string[]>
}

/** All addresses of a host name, none where it has none; `null` where the platform doesn't let a function ask. */
export type ResolveHost = (hostname: string) => Promise<readonly string[] | null>

const TIMEOUT_MS = 5_000
/** What a platform throws that has the method and doesn't let a function use it. */
const NOT_ALLOWED = ['NotCapable', 'PermissionDenied', 'NotSupported', 'TypeError']

/**
 * The look-up for the egress adapter, or none: on a platform without one, and where the way out is a proxy, which looks
 * names up itself in a network of its own.
 */
export function createHostResolver({ resolveDns }: NameServer, isBehindProxy: boolean): ResolveHost | undefined {
  if (!resolveDns || isBehindProxy) return undefined
  return async (hostname) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const look = (type: 'A' | 'AAAA') =>
      resolveDns(hostname, type, { signal }).catch((error: unknown) => {
        const name = error instanceof Error ? error.name : ''
        // The host may have an address of the other family.
        if (name === 'NotFound') return []
        if (NOT_ALLOWED.includes(name)) return null
        throw error
      })
    const [v4, v6] = await Promise.all([look('A'), look('AAAA')])
    return v4 && v6 ? [...v4, ...v6] : null
  }
}
