import { createEgress } from '../../../supabase/functions/_shared/adapters/egress.ts'
import { ProjectSetupError } from './project_setup.ts'

/**
 * A provider's address in the form that is stored: one that the project's functions will call.
 *
 * @param privateHosts `LOACL_PRIVATE_HOSTS` of the functions
 * @throws ProjectSetupError
 */
export function parseBaseUrl(text: string, privateHosts = ''): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || url.search || url.hash || url.username)
    throw new ProjectSetupError('--base-url must be an address such as https://host/v1.')
  const address = url.href.replace(/\/+$/, '')
  const hosts = privateHosts.split(',').map((host) => host.trim())
  try {
    createEgress({ privateHosts: hosts, fetch }).check(address)
  } catch (cause) {
    throw new ProjectSetupError(
      '--base-url must be HTTPS on a public host, or one that LOACL_PRIVATE_HOSTS lists: the functions call no other.',
      { cause },
    )
  }
  return address
}
