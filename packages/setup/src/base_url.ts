import { createAddressRule, toProviderAddress } from '@loacl/sealing'
import { ProjectSetupError } from './setup_error.ts'

/**
 * A provider's address in the form that is stored: one that the project's functions will call.
 *
 * @param privateHosts `LOACL_PRIVATE_HOSTS` of the functions
 * @throws ProjectSetupError
 */
export function parseBaseUrl(text: string, privateHosts = ''): string {
  const hosts = privateHosts.split(',').map((host) => host.trim())
  const address = toProviderAddress(text)
  if (address === null || !createAddressRule(hosts).parse(address))
    throw new ProjectSetupError(
      '--base-url must be an address such as https://host/v1: HTTPS on a public host, or a host that LOACL_PRIVATE_HOSTS lists. The functions call no other.',
    )
  return address
}
